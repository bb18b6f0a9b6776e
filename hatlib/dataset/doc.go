// Package dataset brings labelled images into memory, always in the same order and with the same values.
//
//	train, test, err := dataset.Load("fashion-mnist")
//
// Four sets are known, see [Names]:
//
//	fashion-mnist  60000 + 10000 images 28x28 of clothes, 10 classes (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747)
//	mnist          60000 + 10000 images 28x28 of digits, 10 classes (LeCun, Cortes and Burges 1998); whatever splits are there
//	digits         1442 + 355 images 8x8 of digits, 10 classes (Alpaydin and Kaynak 1998, UCI); inside the program
//	synthetic      Gaussian clusters, made from a seed; see [Synthetic]
//
// Pixels are float32 in [0,1], row after row; labels are int32 from 0.
//
// # Where files are looked for
//
// The first folder that holds a usable set wins, and one set is never put together from two folders:
//
//  1. the folder the user names: [WithDir], then the environment variable HATLAB_DATA; in each DIR/NAME comes before DIR itself
//  2. the cache, $HATLAB_HOME/data/NAME (HATLAB_HOME is by default the folder hatlab in the user's cache folder)
//  3. the system's data folders, /usr/share/datasets/NAME and /usr/local/share/datasets/NAME
//  4. the publishers' addresses, into the cache: under a temporary name, against a pinned SHA-256, then renamed. [WithOffline] or HATLAB_OFFLINE=1
//     switch this off
//
// A folder that the user names may hold any images in the IDX format. Everywhere else the content of each file must have the SHA-256 that is pinned for it, so
// that two machines cannot compute on different data without saying so.
//
// [Ensure] goes one step further, for scripts: where the addresses are not reached, it brings Fashion-MNIST through Debian's package
// dataset-fashion-mnist, see [FetchDebian].
//
// # Reading
//
// Files are in the IDX format, plain or under gzip: the magic number 0x00000803 and three sizes for images, 0x00000801 and one size for labels, all
// big-endian 32 bit, then one byte per value (described by LeCun, Cortes and Burges). What is not exactly that is refused with a [FormatError].
package dataset
