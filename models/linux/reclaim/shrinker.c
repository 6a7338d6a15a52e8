/*
 * shrinker.c - how much of the kernel's objects a pass of reclaim gives up
 *
 *	freeable >> priority, times 4 / seeks, and what earlier passes left over: in calls of
 *	a batch each; what is less than a batch waits for a later pass
 */
#include "models/linux/reclaim/internal.h"
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/super.h"
#include "models/linux/task.h"

void register_shrinker(struct linux_vm *vm, struct shrinker *s)
{
	s->nr_deferred = sim_calloc((size_t)vm->nr_nodes, sizeof(*s->nr_deferred));
	s->id = list_empty(&vm->shrinkers)
		    ? 1
		    : LIST_ENTRY(vm->shrinkers.prev, struct shrinker, link)->id + 1;
	list_add_tail(&s->link, &vm->shrinkers);
}

void shrink_targets(uint64_t freeable, uint64_t deferred, int seeks, int priority, uint64_t *delta,
		    uint64_t *total_scan)
{
	/* what costs nothing to make again goes by halves, whatever the priority */
	*delta = seeks ? 4 * (freeable >> priority) / (uint64_t)seeks : freeable / 2;
	*total_scan = min_u64((deferred >> priority) + *delta, 2 * freeable);
}

uint64_t do_shrink_slab(struct task *t, struct shrinker *s, struct shrink_control *sc, int priority)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t batch = s->batch ? s->batch : SHRINK_BATCH;
	uint64_t *stored = &s->nr_deferred[sc->node->node_id];
	uint64_t freeable = s->count_objects(t, s, sc);
	uint64_t deferred, delta, total, freed = 0, scanned = 0;

	if (!freeable || freeable == SHRINK_EMPTY)
		return 0;
	deferred = *stored;
	*stored = 0;
	shrink_targets(freeable, deferred, s->seeks, priority, &delta, &total);
	trace_mm_shrink_slab_start(vm->sim, s->id, sc->node->node_id, (int64_t)deferred, sc->gfp,
				   (int64_t)freeable, (int64_t)delta, (int64_t)total, priority);
	while (total >= batch || total >= freeable) {
		uint64_t r;

		sc->nr_to_scan = sc->nr_scanned = min_u64(batch, total);
		r = s->scan_objects(t, s, sc);
		if (r == SHRINK_STOP)
			break;
		freed += r;
		vm->stat.slabs_scanned += (int64_t)sc->nr_scanned;
		total -= min_u64(total, sc->nr_scanned);
		scanned += sc->nr_scanned;
		cond_resched(t);
	}
	/* the rest, with what others left meanwhile */
	*stored +=
	    min_u64(deferred + delta > scanned ? deferred + delta - scanned : 0, 2 * freeable);
	trace_mm_shrink_slab_end(vm->sim, s->id, sc->node->node_id, (int64_t)deferred,
				 (int64_t)*stored, (int64_t)freed, (int64_t)total);
	return freed;
}

uint64_t shrink_slab(struct task *t, gfp_t gfp, struct pglist_data *node, int priority)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t freed = 0;

	LIST_FOR_EACH (pos, &vm->shrinkers) {
		struct shrink_control sc = { .gfp = gfp, .node = node };

		freed += do_shrink_slab(t, LIST_ENTRY(pos, struct shrinker, link), &sc, priority);
	}
	return freed;
}

void drop_slab(struct task *t)
{
	struct linux_vm *vm = task_vm(t);

	FOR_EACH_NODE (vm, node)
		for (int pass = 0; !t->killed; pass++)
			if (shrink_slab(t, GFP_KERNEL, node, 0) >> pass <= 1)
				break;
	vm->stat.drop_slab++;
}

void shrinkers_init(struct linux_vm *vm)
{
	list_init(&vm->shrinkers);
	workingset_init(vm);
	super_init(vm);
}

void shrinkers_free(struct linux_vm *vm)
{
	LIST_FOR_EACH_SAFE (pos, next, &vm->shrinkers) {
		struct shrinker *s = LIST_ENTRY(pos, struct shrinker, link);

		sim_free(s->nr_deferred);
		if (s->free)
			s->free(s);
	}
}
