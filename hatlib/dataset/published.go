package dataset

// The names that [Load] knows.
const (
	FashionMNIST  = "fashion-mnist"
	MNIST         = "mnist"
	Digits        = "digits"
	SyntheticName = "synthetic"
)

// Names lists what [Load] knows, the sets of real images from files first.
func Names() []string { return []string{FashionMNIST, MNIST, Digits, SyntheticName} }

// file is one published file. Its name has no ".gz"; it is found with and without.
type file struct {
	name string
	// gzSum is the SHA-256 of the publisher's NAME.gz: what a download must have before anything reads it.
	gzSum string
	// sum is the SHA-256 of the content. It is the same whoever compressed it: Debian's package holds the same bytes under another gzip.
	sum string
}

// split is a pair of files.
type split struct {
	name           string // "train" or "test"
	images, labels file
}

// published is a data set that comes as IDX files.
type published struct {
	name       string
	classNames []string
	splits     []split  // in the order in which they are downloaded
	addresses  []string // folders on the network, ending in "/", the publisher's own first
	debian     string   // Debian package, or ""
	// partial says that one split alone is a usable set.
	partial bool
}

// The content sums of Fashion-MNIST were computed from Debian's package, those of the MNIST test split from the original files, and the others are the sums by
// which many independent projects check the same files (MNIST: also Keras, TensorFlow and PyTorch users; they agree).
var publishedSets = []*published{
	{
		name:       FashionMNIST,
		classNames: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
		addresses: []string{
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		},
		debian: "dataset-fashion-mnist",
		splits: []split{
			{
				name: "train",
				images: file{"train-images-idx3-ubyte",
					"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
					"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
				labels: file{"train-labels-idx1-ubyte",
					"a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
					"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
			},
			{
				name: "test",
				images: file{"t10k-images-idx3-ubyte",
					"346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
					"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
				labels: file{"t10k-labels-idx1-ubyte",
					"67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
					"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
			},
		},
	},
	{
		name:       MNIST,
		classNames: digitNames(),
		// The authors' own page no longer serves the files; these two copies are kept by PyTorch and by the CVDF.
		addresses: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		},
		partial: true,
		splits: []split{
			{
				name: "train",
				images: file{"train-images-idx3-ubyte",
					"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
					"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
				labels: file{"train-labels-idx1-ubyte",
					"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
					"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
			},
			{
				name: "test",
				images: file{"t10k-images-idx3-ubyte",
					"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
					"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
				labels: file{"t10k-labels-idx1-ubyte",
					"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
					"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
			},
		},
	},
}

// findPublished returns the set of that name, or nil.
func findPublished(name string) *published {
	for _, p := range publishedSets {
		if p.name == name {
			return p
		}
	}
	return nil
}
