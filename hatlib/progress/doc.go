// Package progress shows how far a long loop is and how much time is left.
//
//	bar := progress.New(steps, "training")
//	defer bar.Done()
//	for range steps {
//		// ...
//		bar.Describe(fmt.Sprintf("loss %.3f", loss))
//		bar.Add(1)
//	}
//
// A [Bar] counts and estimates; a [Sink] draws. Which sink draws is decided once per bar: the one given with [WithSink], else the one that
// [SetDefaultSink] installed (a notebook does that), else a moving bar where standard error is a terminal, else an occasional plain line.
//
// The estimate of the time that is left takes the mean rate since the first [Bar.Add], because the time before it is mostly the compilation
// of a graph and happens once:
//
//	left = (t - t_1) / (done - done_1) * (total - done)
//
// with t_1, done_1 the time and the count at the first Add.
package progress
