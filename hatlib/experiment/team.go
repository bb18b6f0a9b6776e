package experiment

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
)

// team is runs that are trained in one graph, as members of a population.
type team struct {
	jobs []job
	// population is the size of the graph: at least as many as the jobs.
	population int
}

// teams joins jobs that share a graph, the way it is executed and the points of their curves into populations of the sizes that size gives. Teams are
// in the order of their first jobs.
func teams(jobs []job, size func(jobs []job) (int, error)) ([]team, error) {
	groups, place := map[string][]job{}, map[string]int{}
	var order []string
	for i, j := range jobs {
		c := j.spec.Config
		key := fmt.Sprintln(graphOf(j.spec), c.Epochs, c.EvalEvery, c.Curve, c.PairKernel, c.PairMemoryMB, c.StepsPerCall)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], j)
		place[j.id] = i
	}
	var list []team
	for _, key := range order {
		n, err := size(groups[key])
		if err != nil {
			return nil, err
		}
		for part := range slices.Chunk(groups[key], n) {
			list = append(list, team{part, n})
		}
	}
	slices.SortFunc(list, func(a, b team) int { return place[a.jobs[0].id] - place[b.jobs[0].id] })
	return list, nil
}

// filled returns as many as the population has places: the given ones, and copies of the last, so that a team that is not
// full needs no graph of its own. What the copies give is dropped.
func filled[T any](list []T, population int) []T {
	full := slices.Clone(list)
	for len(full) < population {
		full = append(full, list[len(list)-1])
	}
	return full
}

// powerOfTwo is the smallest power of two that is not below n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }

// configsOf are the configurations of jobs.
func configsOf(jobs []job) []hatlib.Config {
	configs := make([]hatlib.Config, len(jobs))
	for i, j := range jobs {
		configs[i] = j.spec.Config
	}
	return configs
}
