package experiment

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// queue hands out jobs so that little is compiled twice: XLA takes tens of seconds for a graph with M in it, and runs
// that differ in their seed share one. A worker gets the first job whose graph is compiled and idle, or not yet begun; a
// second compilation of a graph starts only when the first has taken longer than patience, or pays.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	jobs    []job
	groups  map[string]*group
	// eager hands out jobs in their order: for backends that compile in no time.
	eager   bool
	stopped bool
}

// group is the runs of one graph.
type group struct {
	active, compiled, finished int
	started                    time.Time // of the first run
	first, later               time.Duration
}

// patience is how long a worker waits for a graph that another is compiling.
const patience = time.Minute

func newQueue(jobs []job, eager bool) *queue {
	q := &queue{jobs: slices.Clone(jobs), groups: map[string]*group{}, eager: eager}
	q.changed = sync.NewCond(&q.mu)
	for _, j := range jobs {
		q.groups[graphOf(j.spec)] = &group{}
	}
	return q
}

// graphOf names the graph of a run: its configuration without what changes from run to run. A field too many here costs
// a compilation, a field too few some waiting; neither changes a number.
func graphOf(s Spec) string {
	var lines []string
	for _, line := range strings.Split(specKey(s), "\n") {
		name, _, _ := strings.Cut(line, "=")
		switch name {
		case "seed", "seed_learner", "seed_meta", "seed_order", "seed_labels", "arms", "local_rate", "lr_learner", "lr_meta", "epochs", "eval_every",
			"curve", "shuffle", "init", "meta_init", "meta_init_scale":
		case "label_fraction":
			lines = append(lines, "all labelled="+map[bool]string{true: "yes", false: "no"}[s.Config.LabelFraction == 1])
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// next waits for a job; ok is false when there is none left, or the queue was stopped.
func (q *queue) next() (j job, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.stopped && len(q.jobs) > 0 {
		for i, j := range q.jobs {
			g := q.groups[graphOf(j.spec)]
			if !q.eager && !q.worth(g, graphOf(j.spec)) {
				continue
			}
			q.jobs = slices.Delete(q.jobs, i, i+1)
			if g.active++; g.active > g.compiled {
				g.compiled = g.active
			}
			if g.started.IsZero() {
				g.started = time.Now()
				time.AfterFunc(patience, q.changed.Broadcast)
			}
			return j, true
		}
		q.changed.Wait()
	}
	return job{}, false
}

// worth says whether a job of the group may start now.
func (q *queue) worth(g *group, name string) bool {
	if g.active == 0 || g.active < g.compiled || time.Since(g.started) >= patience && g.finished == 0 {
		return true
	}
	left := 0
	for _, j := range q.jobs {
		if graphOf(j.spec) == name {
			left++
		}
	}
	return g.finished >= 2 && time.Duration(left)*g.later > g.first
}

// done says that a job has ended, and how long it took.
func (q *queue) done(j job, took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	g := q.groups[graphOf(j.spec)]
	g.active--
	if g.finished++; g.finished == 1 {
		g.first = took
	} else {
		g.later = took
	}
	q.changed.Broadcast()
}

// stop lets all workers end.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.changed.Broadcast()
}
