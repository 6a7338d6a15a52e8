/*
 * script_vm.c - scripts of vmalloc, vmap, vm_map_ram and their like
 *
 * Slots are taken and emptied at random; how many are taken at a time wanders up and down, so that
 * ranges that wait for a purge become many now and then.
 */
#include <inttypes.h>
#include <stdio.h>

#include "script.h"

#define MAX_TAKEN  1200
#define MOST_BYTES ((uint64_t)160 << 20) /* that all slots may have together */
#define PAGE       ((uint64_t)4096)
#define WINDOW     ((uint64_t)1 << 30) /* from the beginning of the space */
#define IOREMAP    1
#define ALLOC      2
#define MAP        4
#define USERMAP    8
#define PUT_PAGES  0x200

enum call {
	VMALLOC,
	VZALLOC,
	VMALLOC_USER,
	VMALLOC_NODE,
	VZALLOC_NODE,
	VMALLOC_32,
	VMALLOC_32_USER,
	VMALLOC_ALIGN,
	VMALLOC_WINDOW,
	VMAP,
	VMAP_PUT,
	GET_VM_AREA,
	VM_MAP_RAM,
	NR_TAKING,
};

/* How a kind of script chooses. */
struct mix {
	int take[NR_TAKING]; /* weights */
	uint64_t most_bytes; /* of an area */
	uint64_t most_pages; /* of vm_map_ram */
	uint64_t aliases_once_in,
	    odd_once_in; /* vm_unmap_aliases; calls with odd arguments; 0: never */
	int most_taken;
};

static struct taken {
	int slot;
	enum call by;
	uint64_t bytes;
} taken[MAX_TAKEN];
static int nr_taken;
static uint64_t bytes_taken;
static bool used[MAX_TAKEN];
static int nr_written;

static int free_slot(void)
{
	int i = 0;

	while (used[i])
		i++;
	return i;
}

static uint64_t area_size(const struct mix *m)
{
	uint64_t pages = between(1, m->most_bytes / PAGE);

	if (once_in(2))
		pages = any_size(m->most_bytes / PAGE);
	return once_in(2) ? pages * PAGE : pages * PAGE - below(PAGE);
}

static void take(const struct mix *m)
{
	static const char *const names[] = {
		"vmalloc",    "vzalloc",         "vmalloc_user",  "vmalloc_node",   "vzalloc_node",
		"vmalloc_32", "vmalloc_32_user", "vmalloc_align", "vmalloc_window", "vmap",
		"vmap",       "get_vm_area",     "vm_map_ram"
	};
	struct taken *t = &taken[nr_taken];
	uint64_t pages;

	*t = (struct taken){ free_slot(), (enum call)weighted(m->take, NR_TAKING), area_size(m) };
	pages = (t->bytes + PAGE - 1) / PAGE;
	if (t->by == VM_MAP_RAM)
		pages = once_in(2) ? any_size(m->most_pages) : between(1, m->most_pages);
	printf("%s %d ", names[t->by], t->slot);
	if (t->by == VMAP || t->by == VMAP_PUT)
		printf("%" PRIu64 " %d 0\n", pages,
		       t->by == VMAP ? (once_in(8) ? ALLOC : MAP) : MAP | PUT_PAGES);
	else if (t->by == VM_MAP_RAM)
		printf("%" PRIu64 "\n", pages);
	else if (t->by == GET_VM_AREA)
		printf("%" PRIu64 " %d\n", t->bytes,
		       once_in(2)   ? IOREMAP
		       : once_in(4) ? 0x40
		       : once_in(2) ? MAP
				    : ALLOC);
	else if (t->by == VMALLOC_NODE || t->by == VZALLOC_NODE)
		printf("%" PRIu64 " %d\n", t->bytes, once_in(2) ? 0 : -1);
	else if (t->by == VMALLOC_ALIGN)
		printf("%" PRIu64 " %" PRIu64 "\n", t->bytes,
		       PAGE << between(once_in(4) ? 0 : 1, 10));
	else if (t->by == VMALLOC_WINDOW)
		printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", t->bytes, WINDOW,
		       WINDOW + (4 << 20));
	else
		printf("%" PRIu64 "\n", t->bytes);
	if (t->by == VMAP || t->by == GET_VM_AREA || t->by == VM_MAP_RAM || t->by == VMAP_PUT)
		t->bytes = 0; /* no memory of its own */
	bytes_taken += t->bytes;
	used[t->slot] = true;
	nr_taken++;
	nr_written++;
}

static void give(int i)
{
	struct taken t = taken[i];

	if (t.by == VMAP)
		printf("vunmap %d\n", t.slot);
	else if (t.by == GET_VM_AREA)
		printf("free_vm_area %d\n", t.slot);
	else if (t.by == VM_MAP_RAM)
		printf("vm_unmap_ram %d\n", t.slot);
	else
		printf("vfree %d 0\n", t.slot);
	taken[i] = taken[--nr_taken];
	bytes_taken -= t.bytes;
	used[t.slot] = false;
	nr_written++;
}

/* Arguments that the calls refuse, or that nobody should give. */
static void odd(void)
{
	int slot = free_slot(), i = (int)below((uint64_t)nr_taken + 1);
	uint64_t n = between(1, 64);

	nr_written++;
	switch (below(9)) {
	case 0:
		printf("vmalloc %d %" PRIu64 "\n", slot, once_in(2) ? 0 : UINT64_MAX - below(PAGE));
		break;
	case 1: /* one page too many for this machine, or far too many */
		printf("vmap %d %" PRIu64 " %d 0\n", slot, (uint64_t)(1 << 21) + below(1000), MAP);
		break;
	case 2: /* a page is missing: what was mapped so far goes again */
		printf("vmap %d %" PRIu64 " %d %" PRIu64 "\n", slot, n, MAP, between(1, n));
		break;
	case 3:
		printf("get_vm_area %d 0 %d\n", slot, once_in(2) ? MAP : IOREMAP);
		break;
	case 4:
		printf("vmap %d 0 %d 0\n", slot, MAP);
		break;
	case 5: /* an address inside the area: a warning, and nothing is freed */
		if (i < nr_taken && taken[i].bytes) {
			printf("vfree %d %" PRIu64 "\n", taken[i].slot,
			       once_in(2) ? PAGE : between(1, PAGE - 1));
			bytes_taken -= taken[i].bytes;
			used[taken[i].slot] = false;
			taken[i] = taken[--nr_taken];
			break;
		}
		/* fall through */
	case 6:
		if (i < nr_taken && taken[i].bytes > PAGE && taken[i].by != VMALLOC_WINDOW) {
			n = PAGE * between(1, taken[i].bytes / PAGE);
			printf("unmap_kernel_range%s %d 0 %" PRIu64 "\n",
			       once_in(2) ? "" : "_noflush", taken[i].slot, n);
			break;
		}
		/* fall through */
	case 7:
		if (i < nr_taken && taken[i].bytes) { /* the page behind is the guard */
			printf("mapped %d %" PRIu64 "\n", taken[i].slot, below(taken[i].bytes));
			break;
		}
		/* fall through */
	default:
		printf("vfree %d 0\n", slot);
	}
}

static void write(const struct mix *m, int calls)
{
	int wanted = m->most_taken / 2;

	while (nr_written + nr_taken < calls) {
		if (m->aliases_once_in && once_in(m->aliases_once_in)) {
			printf("vm_unmap_aliases 0\n");
			nr_written++;
		} else if (m->odd_once_in && once_in(m->odd_once_in)) {
			odd();
		} else if (nr_taken && (bytes_taken > MOST_BYTES || nr_taken >= m->most_taken ||
					below(100) < (nr_taken > wanted ? 60 : 40))) {
			give((int)below((uint64_t)nr_taken));
		} else {
			take(m);
		}
		if (once_in(200))
			wanted = (int)below((uint64_t)m->most_taken);
	}
	while (nr_taken)
		give((int)below((uint64_t)nr_taken));
}

static void churn(int calls)
{
	static const struct mix m = { { [VMALLOC] = 60,
					[VZALLOC] = 14,
					[VMALLOC_USER] = 8,
					[VMALLOC_NODE] = 8,
					[VZALLOC_NODE] = 4,
					[VMALLOC_32] = 6,
					[VMALLOC_32_USER] = 8 },
				      256 << 10,
				      1,
				      0,
				      0,
				      500 };

	write(&m, calls);
}

static void map_ram(int calls)
{
	static const struct mix m = {
		{ [VMALLOC] = 16, [VM_MAP_RAM] = 84 }, 256 << 10, 200, 800, 0, 150
	};

	write(&m, calls);
}

static void align(int calls)
{
	static const struct mix m = {
		{ [VMALLOC] = 23, [VMALLOC_ALIGN] = 32, [GET_VM_AREA] = 31, [VM_MAP_RAM] = 14 },
		256 << 10,
		64,
		500,
		0,
		120
	};

	write(&m, calls);
}

static void window(int calls)
{
	static const struct mix m = {
		{ [VMALLOC] = 1, [VMALLOC_WINDOW] = 9 }, 128 << 10, 1, 0, 0, 120
	};

	write(&m, calls);
}

static void mixed(int calls)
{
	static const struct mix m = { { [VMALLOC] = 35,
					[VZALLOC] = 7,
					[VMALLOC_USER] = 6,
					[VMAP] = 17,
					[GET_VM_AREA] = 13,
					[VM_MAP_RAM] = 23 },
				      256 << 10,
				      80,
				      1000,
				      0,
				      200 };

	write(&m, calls);
}

/* Everything, odd arguments too, sizes from a byte to 8 MiB. */
static void all(int calls)
{
	static const struct mix m = {
		{ 12, 4, 4, 4, 4, 4, 4, 10, 6, 10, 6, 12, 20 }, 8 << 20, 300, 700, 12, 400
	};

	write(&m, calls);
}

const struct kind vm_kinds[] = {
	{ "vm-churn", "vm", 1024, churn },
	{ "vm-map-ram", "vm", 512, map_ram },
	{ "vm-align", "vm", 512, align },
	{ "vm-window", "vm", 512, window },
	{ "vm-mixed", "vm", 1024, mixed },
	{ "vm-all", "vm", 512, all },
	{},
};
