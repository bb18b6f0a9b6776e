"""Executes hatlab's notebooks headlessly and reports what happened: `python -m runner --help`.

Modules
-------
run       one notebook on one kernel, cell by cell
shell     which shell lines (`!cmd`) of a cell failed: the kernel itself does not tell
compare   the numbers that notebooks recorded, against committed references
report    junit.xml, pages, index.html, timings.json, run.json
pages     notebooks as pages that need no network. One that has {"hatlab": {"page": "report.html"}} in its metadata also becomes
          that page, beside index.html and without its code
check     what a committed notebook must look like: `python -m runner.check notebooks`
progress  what is said while it runs

Numbers and references
----------------------
A notebook NAME records numbers in OUT/numbers/NAME.json:

    {"median_hat": {"value": 0.81, "rtol": 0, "atol": 0.01, "n": 20}, ...}

The reference notebooks/reference/PROFILE/NAME.json has the same shape. A number agrees when
|got - value| <= atol + rtol * |value|, with the tolerances of the reference. A number that is missing on either side is a
failure. Where a number depends on the backend beyond its tolerance, its entry has the other kernel's value beside it:

    {"loss": {"value": 0.512, "rtol": 1e-4, "atol": 0, "n": 1, "kernels": {"hatlab-go": 0.514}}}

`--update-reference` writes the references: with the kernel "hatlab" the values themselves, with another kernel the entries
under "kernels", where they are needed. With `--set` nothing is compared, since the numbers are then others.
"""
