package laboratory

import _ "embed" // the kept table

// KeptDigits is the table that we keep of the embedded digits, as Markdown with the command that made it.
//
//go:embed TABLE.md
var KeptDigits string
