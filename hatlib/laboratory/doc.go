// Package laboratory compares every rule and method of this module on one learner, with one budget and the same seeds.
//
// The learner has one hidden layer of ReLU units and linear outputs, features-32-classes. It is trained in three ways,
// which are the three parts of the table:
//
//	alone      the rule changes the hidden layer, without labels; then ridge regression on the standardised, rectified
//	           activities of that layer reads the classes off (rules.Readout)
//	hat        the rule is the local rule of HAT: Algorithm 1 of the paper with backpropagation and Adam, all labels;
//	           the learner's own outputs answer
//	two-phase  the method is the only thing that changes the weights, all labels; the learner's own outputs answer. These
//	           methods need smooth units and the squared cost, and have them
//
// Parts differ in what they are told, so numbers are compared within a part, with the control that stands in it: random
// weights, backpropagation without a rule, and backpropagation of the same smooth network. Within a part first weights
// and batches are the same for every row with that seed, except where white input has fewer directions than the data has
// features and where the learned rule of [metalearning.UnsupervisedRule] draws its own.
//
// The one number that each row has to itself, its rate, is the best of a stated grid on a quarter of the training
// images that is held out, with seeds from [FirstTuningSeed] on, which no reported run uses. The row is then trained on all
// training images with the reported seeds; test images are seen once, at the end.
//
// [Methods] lists the rows, [Compare] trains them, [Table] and [CSV] write the result down, [Document] writes one page
// about all families.
package laboratory
