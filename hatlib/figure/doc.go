// Package figure turns numbers into pictures: one house style, one kind of figure per file.
//
// A kind is a plain struct of numbers and words with one method, Figure, which checks the numbers and returns a
// [*Figure]. That can be written as SVG, as PNG and as the CSV of the numbers in it:
//
//	fig, err := figure.LearningCurves{
//		Name:   "figure_1_epochs",
//		YLabel: "test accuracy",
//		Arms: []figure.Arm{
//			{Name: "control", X: epochs, Runs: control},
//			{Name: "HAT", X: epochs, Runs: hat},
//		},
//	}.Figure()
//	if err != nil { ... }
//	paths, err := fig.Save(dir) // dir/figures/figure_1_epochs.svg and .png, dir/numbers/figure_1_epochs.csv
//
// The kinds: [LearningCurves], [LabelCurves], [RuleSlices], [RuleContour], [Images], [Forest], [Cost], [Scatter],
// [Histogram] and [Lines]. A new kind is a new file with one struct and its Figure method.
//
// The package never trains, reads no files and knows nothing of notebooks. The same numbers give the same SVG, byte
// for byte: there is no time stamp, no random number and no map order in it.
//
// # House style
//
// Series differ in colour (Okabe and Ito's palette, safe for colour-blind readers), in dash pattern and in marker, so
// that they stay apart in greyscale. "control" is always the grey dashed line with rings, and "HAT" the vermilion
// solid line with squares. Text may hold subscripts and superscripts as w_{ij} and 10^{-3}. n stands in the caption.
//
// # Numbers that are not finite
//
// NaN and Inf in a curve are what a diverged run leaves behind: they are drawn as gaps, left out of medians and
// quartiles at that point, and counted in the caption. They are never an error. Empty or mismatched input is.
package figure
