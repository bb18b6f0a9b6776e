// Package walkthrough holds what notebooks 01 and 02 compute to explain HAT, in small pieces that tests reach:
//
//   - [Example], one step of Algorithm 1 on a 2-2-1 network with one example, as arithmetic that a reader can follow by
//     hand, and the same step by the library;
//   - [Follow], the forward pass of any network with every tensor that Algorithm 1 names;
//   - [AppendixA], the tensor shapes of the paper's appendix A, from a graph that is built and never run;
//   - [Ways], the same update of every neuron pair computed in different ways, with [Agree] and [Measure] to compare them;
//   - [Seeds], one configuration trained with several seeds.
//
// It explains; it adds nothing to the algorithm, which is in package hatlib.
package walkthrough
