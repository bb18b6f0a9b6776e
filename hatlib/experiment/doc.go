// Package experiment runs grids of configurations and keeps what they give: configuration -> runs -> store. It draws
// nothing and judges nothing; packages analysis and figure do.
//
// A [Spec] is one run: a configuration with its seed, and its place in an experiment. An [Experiment] is data: for each
// profile a list of [Grid], arms x values x seeds. [Runner] computes the runs that are missing, and [Collect] reads them
// back:
//
//	e, err := experiment.Find("fig1-epochs")
//	specs, err := e.Specs(experiment.Options{Profile: "smoke"})
//	summary, err := (&experiment.Runner{Store: store, Backend: be}).Run(ctx, specs)
//	runs, err := experiment.Collect(store, specs)
//
// Runs that differ in their seeds, rates or labels share a graph. [Runner] trains as many of them in one graph as is cheapest on
// the machine, see hatlib.Population; POPULATION.md says how that is measured, and why a run's name does not depend on it.
//
// # The store
//
// A [Store] is a folder with one folder of files for each run, named by a hash of all that determines the run's numbers
// and of nothing else (see [Identity]):
//
//	runs/<id>/manifest.json       configuration, seed, versions, plugin, steps per call, wall time, checksums
//	runs/<id>/curve.parquet       the learning curve, one row for each point; no times, so equal runs give equal bytes
//	runs/<id>/rule.safetensors    M at chosen epochs, and neuron pairs that training visited then (rule meta only)
//	runs/<id>/weights.safetensors L and M at the end (only where asked for)
//
// The folder is filled under a temporary name and renamed: a run is there as a whole or not at all. Nothing changes it
// afterwards. Resuming is "the folder is there", merging is copying folders, and shards share nothing.
//
// Results that come with the repository are such a store, notebooks/results: [Committed] finds it, [CommittedRuns] says
// what it has of an experiment.
//
// pandas and DuckDB read a store as it is:
//
//	pandas.concat(pandas.read_parquet(f) for f in glob.glob("store/runs/*/curve.parquet"))
//	SELECT seed, epoch, accuracy FROM 'store/runs/*/curve.parquet';
//	SELECT id, config.local_rate FROM read_json('store/runs/*/manifest.json');
package experiment
