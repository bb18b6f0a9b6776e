package experiment

import (
	"sync"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
)

// pool keeps populations whose graphs are compiled. Compiling takes longer than a short run, and runs that differ in their
// seeds, rate or proportion of labels share a graph.
type pool struct {
	mu   sync.Mutex
	idle []pooled // the one that was used last is the last
}

type pooled struct {
	population *hatlib.Population
	data       *loaded
}

// poolBytes bounds what the data of idle populations may take on the device.
const poolBytes = 1 << 30

// take returns a population that is ready for runs of configs, compiled before where possible.
func (p *pool) take(be compute.Backend, configs []hatlib.Config, data *loaded) (*hatlib.Population, error) {
	p.mu.Lock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		candidate := p.idle[i]
		if candidate.data != data || candidate.population.Reset(configs) != nil {
			continue
		}
		p.idle = append(p.idle[:i], p.idle[i+1:]...)
		p.mu.Unlock()
		return candidate.population, nil
	}
	p.mu.Unlock()
	return hatlib.NewPopulation(be, configs, data.train, data.test)
}

// give takes a population back, and closes those that were idle longest when there are too many.
func (p *pool) give(t *hatlib.Population, data *loaded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, pooled{t, data})
	bytes := 0
	for i := len(p.idle) - 1; i >= 0; i-- {
		bytes += 4 * (len(p.idle[i].data.train.X) + len(p.idle[i].data.test.X))
		if bytes > poolBytes && i < len(p.idle)-1 {
			for _, old := range p.idle[:i+1] {
				old.population.Close()
			}
			p.idle = p.idle[i+1:]
			return
		}
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.idle {
		one.population.Close()
	}
	p.idle = nil
}
