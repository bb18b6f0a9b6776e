package metalearning

// What the tests measured with the kept parameters, on XLA on the CPU; intervals are 95%.
const (
	measuredGradient = "x"
	measuredSearch   = "x"
	measuredRule     = "x"
)
