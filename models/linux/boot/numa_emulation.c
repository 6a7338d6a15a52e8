/*
 * numa_emulation.c - numa=fake=: the memory of the machine's nodes in more, smaller nodes
 *
 *	"4"     so many nodes, the physical nodes in turn   |-0-|-2-|...  |-1-|-3-|...
 *	"512M"  nodes of so much, likewise
 *	"2U"    each physical node in so many of one size
 *
 * Sizes are multiples of 32 MiB of RAM, holes not counted; what would be left over belongs to the
 * last one of a physical node, or of the zone below 4 GiB.  CPUs are near to all nodes of their
 * physical one, and the first of these is theirs.
 *
 * Like:        Linux 6.1, arch/x86/mm/numa_emulation.c
 * Left out:    distances on the command line ("4:10,20,...")
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/boot/boot.h"

#define FAKE_NODE_MIN_SIZE 8192ULL /* pages: 32 MiB */
#define MAX_DMA32_PFN      1048576ULL

/* What is left of each physical node, and the nodes that were made of the rest. */
struct emulation {
	struct linux_vm *vm;
	struct range_list left;         /* owned; by address, holes within a node included */
	struct range_list made;         /* owned; nid: of an emulated node */
	pages_t size;                   /* that a node is to have */
	int nr_nodes;                   /* 0: as many as it takes */
	int next;                       /* emulated node */
	int8_t phys[MACHINE_MAX_NODES]; /* of emulated nodes; -1: there is none */
};

static pages_t whole(pages_t pages)
{
	return pages / FAKE_NODE_MIN_SIZE * FAKE_NODE_MIN_SIZE;
}

/* RAM of [start, end). */
static pages_t ram(const struct linux_vm *vm, pfn_t start, pfn_t end)
{
	return start < end ? memblock_pages(&vm->memory, start, end, MEMBLOCK_ANY_NODE) : 0;
}

/* The stretches of the physical nodes: ranges with a hole between them are one. */
static void find_physical(struct emulation *e)
{
	const struct range_list *memory = &e->vm->memory;

	for (int i = 0; i < memory->n; i++) {
		struct mem_range r = memory->r[i];

		if (!i)
			r.start = 0;
		if (i && memory->r[i - 1].nid == r.nid)
			r.start = memory->r[i - 1].end;
		memblock_add(&e->left, r.start, r.end, r.nid);
	}
}

/* The first stretch that is left of a physical node; NULL: none. */
static const struct mem_range *find_left(const struct emulation *e, int phys)
{
	for (int i = 0; i < e->left.n; i++)
		if (e->left.r[i].nid == phys)
			return &e->left.r[i];
	return NULL;
}

/* The next node is [start, end) of a physical one.  False: that is one too many. */
static bool emu_setup_memblk(struct emulation *e, int phys, pfn_t start, pfn_t end)
{
	int nid = e->nr_nodes ? e->next % e->nr_nodes : e->next;

	if (nid >= MACHINE_MAX_NODES)
		return false;
	e->next++;
	if (e->phys[nid] < 0)
		e->phys[nid] = (int8_t)phys;
	memblock_add(&e->made, start, end, nid);
	memblock_remove(&e->left, start, end);
	return true;
}

/* Where a node ends that begins at start, of a stretch up to limit. */
static pfn_t end_of_node(const struct emulation *e, pfn_t start, pfn_t limit, bool bigger,
			 bool uniform)
{
	pfn_t end = start + e->size + (bigger ? FAKE_NODE_MIN_SIZE : 0);

	while (!uniform && ram(e->vm, start, end) < e->size) {
		end += FAKE_NODE_MIN_SIZE;
		if (end > limit) {
			end = limit;
			break;
		}
	}
	if (end < MAX_DMA32_PFN && ram(e->vm, end, MAX_DMA32_PFN) < FAKE_NODE_MIN_SIZE)
		end = MAX_DMA32_PFN;
	if (!uniform && ram(e->vm, end, limit) < e->size)
		end = limit;
	return min_u64(end, limit);
}

/* Physical nodes have their turns until nothing is left; the first big nodes get 32 MiB more. */
static bool split_nodes_interleave(struct emulation *e, int nr_physical, int big)
{
	while (e->left.n) {
		for (int phys = 0; phys < nr_physical; phys++) {
			const struct mem_range *r = find_left(e, phys);

			if (!r)
				continue;

			pfn_t start = r->start;

			if (!emu_setup_memblk(e, phys, start,
					      end_of_node(e, start, r->end, e->next < big, false)))
				return false;
		}
	}
	return true;
}

/* So many nodes: what 32 MiB do not divide goes to the first ones. */
static bool split_in_nodes(struct emulation *e, int nr_physical, int nr_nodes)
{
	pages_t size = ram(e->vm, 0, e->vm->max_pfn) / (pages_t)nr_nodes;
	int big = (int)((size - whole(size)) * (pages_t)nr_nodes / FAKE_NODE_MIN_SIZE);

	e->nr_nodes = nr_nodes;
	e->size = whole(size);
	return e->size && split_nodes_interleave(e, nr_physical, big);
}

static bool split_by_size(struct emulation *e, int nr_physical, pages_t size)
{
	e->size = max_u64(whole(size), FAKE_NODE_MIN_SIZE);
	return split_nodes_interleave(e, nr_physical, 0);
}

/* Each physical node by itself, holes counted. */
static bool split_uniform(struct emulation *e, int nr_physical, int nr_nodes)
{
	for (int phys = 0; phys < nr_physical; phys++) {
		const struct mem_range *r = find_left(e, phys);
		int first = e->next;

		if (!r)
			continue;
		e->size = max_u64(div_round_up((r->end - r->start) / (pages_t)nr_nodes,
					       FAKE_NODE_MIN_SIZE),
				  1) *
			  FAKE_NODE_MIN_SIZE;
		while ((r = find_left(e, phys)) != NULL) {
			pfn_t start = r->start;

			if (!emu_setup_memblk(e, phys, start,
					      end_of_node(e, start, r->end, false, true)))
				return false;
		}
		if (e->next - first < nr_nodes)
			return false;
	}
	return true;
}

/* The memory of the machine belongs to the nodes that were made; CPUs to the first of theirs. */
static int commit(struct emulation *e)
{
	struct linux_vm *vm = e->vm;
	struct range_list memory = vm->memory;
	int nr = 0, dfl = -1;

	vm->memory = (struct range_list){ 0 };
	for (int i = 0; i < e->made.n; i++)
		for (int k = 0; k < memory.n; k++)
			memblock_add(&vm->memory, max_u64(e->made.r[i].start, memory.r[k].start),
				     min_u64(e->made.r[i].end, memory.r[k].end), e->made.r[i].nid);
	memblock_free_list(&memory);
	for (int nid = MACHINE_MAX_NODES - 1; nid >= 0; nid--)
		if (e->phys[nid] >= 0) {
			nr = (int)max_s64(nr, nid + 1);
			dfl = e->phys[nid];
		}
	for (int i = 0; i < vm->nr_cpu_ids; i++) {
		int nid = 0;

		while (nid < nr && e->phys[nid] != vm->sim->cpus[i].node)
			nid++;
		vm->sim->cpus[i].node = nid < nr ? nid : 0;
	}
	for (int nid = 0; nid < MACHINE_MAX_NODES; nid++)
		vm->emu_nid_to_phys[nid] = (int8_t)(e->phys[nid] >= 0 ? e->phys[nid] : dfl);
	return nr;
}

bool numa_fake_parse(const char *text, struct numa_fake *fake)
{
	struct boot_size size;
	char *end;

	*fake = (struct numa_fake){ 0 };
	if (strpbrk(text, "MG")) {
		if (!boot_size_parse(text, &size, NULL) || !size.bytes)
			return false;
		fake->size = size.bytes >> PAGE_SHIFT;
		return true;
	}
	if (*text < '0' || *text > '9')
		return false;
	fake->nr_nodes = (int)min_u64(strtoull(text, &end, 10), MACHINE_MAX_NODES + 1);
	fake->uniform = *end == 'U';
	return fake->nr_nodes >= 1 && fake->nr_nodes <= MACHINE_MAX_NODES && !end[fake->uniform];
}

int numa_emulation(struct linux_vm *vm, const char *text, int nr_physical)
{
	struct emulation e = { .vm = vm };
	struct numa_fake fake;
	int nr = nr_physical;
	bool ok;

	for (int nid = 0; nid < MACHINE_MAX_NODES; nid++) {
		vm->emu_nid_to_phys[nid] = (int8_t)nid;
		e.phys[nid] = -1;
	}
	if (!text || !numa_fake_parse(text, &fake))
		return nr;
	find_physical(&e);
	if (fake.size)
		ok = split_by_size(&e, nr_physical, fake.size);
	else if (fake.uniform)
		ok = split_uniform(&e, nr_physical, fake.nr_nodes);
	else
		ok = split_in_nodes(&e, nr_physical, fake.nr_nodes);
	if (ok)
		nr = commit(&e);
	vm->numa_fake_failed = !ok;
	memblock_free_list(&e.left);
	memblock_free_list(&e.made);
	return nr;
}
