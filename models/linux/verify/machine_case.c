/*
 * machine_case.c - from case.yaml to a kernel booted on that machine
 *
 * Only what cannot be worked out is taken from the case: the firmware's map,
 * the memory and CPUs of nodes, distances, the command line, whether huge pages
 * are on, and how many pages the boot left in each zone.
 */
#include "models/linux/verify/machine_case.h"

#include <inttypes.h>
#include <errno.h>
#include <string.h>

#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/storage/bio.h"
#include "models/linux/tunables.h"
#include "models/linux/writeback/writeback.h"

static const struct tunable_class *const vm_classes[] = { &vm_tunables, NULL };

/* ---- case.yaml ---- */

/* The list under a key; an error and NULL if there is none. */
static const struct yaml_node *list_of(struct verify_case *c, const char *key)
{
	const struct yaml_node *list = yaml_get(c->yaml, key);

	if (list && list->kind == YAML_KIND_LIST)
		return list;
	diag_error(c->diag, list ? list->at : c->yaml->at, "%s: needed; accepted: a list", key);
	return NULL;
}

/* A number within 0..max. */
static int64_t bounded(struct verify_case *c, const struct yaml_node *map, const char *key,
		       int64_t max)
{
	int64_t v = verify_int(c, map, key);

	if (v >= 0 && v <= max)
		return v;
	diag_error(c->diag, yaml_get(map, key)->at, "%s: out of range; accepted: 0..%" PRId64, key,
		   max);
	return 0;
}

static void read_map(struct verify_case *c, struct machine_case *m)
{
	const struct yaml_node *list = list_of(c, "e820");

	m->machine.memory_map.items = m->map;
	for (size_t i = 0; list && i < list->n && i < MACHINE_CASE_MAP; i++) {
		const struct yaml_node *type = yaml_get(list->items[i], "type");

		m->map[i].start = verify_int(c, list->items[i], "start");
		m->map[i].end = verify_int(c, list->items[i], "end");
		m->map[i].type = type && yaml_is(type, "usable") ? MEMORY_USABLE : MEMORY_RESERVED;
		m->machine.memory_map.n++;
	}
}

static struct node_conf *node_of(struct machine_case *m, int64_t id)
{
	if (id >= m->machine.nodes.n)
		m->machine.nodes.n = (int)id + 1;
	m->nodes[id].ranges.rows = m->ranges[id];
	return &m->nodes[id];
}

static void read_ranges(struct verify_case *c, struct machine_case *m)
{
	const struct yaml_node *list = list_of(c, "early_node_ranges");

	for (size_t i = 0; list && i < list->n; i++) {
		const struct yaml_node *r = list->items[i];
		int64_t id = bounded(c, r, "node", MACHINE_MAX_NODES - 1);
		struct key_rows *rows = &node_of(m, id)->ranges;
		int64_t *v;

		if (rows->n == MACHINE_CASE_RANGES) {
			diag_error(c->diag, r->at, "too many ranges in node %" PRId64, id);
			return;
		}
		v = m->range_values[id][rows->n];
		v[0] = verify_int(c, r, "start_pfn");
		v[1] = verify_int(c, r, "end_pfn");
		rows->rows[rows->n++] = (struct key_ints){ v, 2 };
	}
}

static void read_nodes(struct verify_case *c, struct machine_case *m)
{
	const struct yaml_node *list = list_of(c, "nodes");

	m->machine.nodes.items = m->nodes;
	for (size_t i = 0; list && i < list->n; i++) {
		struct node_conf *node =
		    node_of(m, bounded(c, list->items[i], "id", MACHINE_MAX_NODES - 1));
		const struct yaml_node *cpus = yaml_get(list->items[i], "cpus");
		int64_t *ids = &m->cpu_ids[m->nr_cpus];

		for (size_t k = 0; cpus && cpus->kind == YAML_KIND_LIST && k < cpus->n; k++) {
			if (m->nr_cpus == MACHINE_MAX_CPUS ||
			    !verify_number(cpus->items[k], &ids[k])) {
				diag_error(c->diag, cpus->at, "cpus: not a list of numbers");
				return;
			}
			m->nr_cpus++;
			node->cpus++;
		}
		if (node->cpus)
			node->cpu_ids = (struct key_ints){ ids, (int)node->cpus };
	}
}

static void read_distances(struct verify_case *c, struct machine_case *m)
{
	const struct yaml_node *table = yaml_get(c->yaml, "distances");
	int n = m->machine.nodes.n;

	m->machine.distances = (struct key_rows){ m->distance_rows, n };
	for (int i = 0; i < n; i++) {
		m->distance_rows[i] = (struct key_ints){ m->distances[i], n };
		for (int k = 0; k < n; k++)
			m->distances[i][k] = i == k ? LOCAL_DISTANCE : REMOTE_DISTANCE;
	}
	for (size_t i = 0; table && i < table->n && table->kind == YAML_KIND_MAP; i++) {
		const struct yaml_node *row = table->items[i];
		int64_t from, to, v;

		for (size_t k = 0; row->kind == YAML_KIND_MAP && k < row->n; k++) {
			if (verify_number(table->keys[i], &from) &&
			    verify_number(row->keys[k], &to) && verify_number(row->items[k], &v) &&
			    from >= 0 && from < n && to >= 0 && to < n)
				m->distances[from][to] = v;
			else
				diag_error(c->diag, row->at, "distances: not a table of numbers");
		}
	}
}

/* Node number to has what belongs to node from, too, or nothing else if it is the first of its
 * parts.  False: more than there is room for. */
static bool take_part(struct machine_case *m, int to, int from, bool first)
{
	const struct key_rows *part = &m->nodes[from].ranges;
	struct key_rows *whole = &m->nodes[to].ranges;
	int old = first ? 0 : whole->n;

	if (old + part->n > MACHINE_CASE_RANGES)
		return false;
	for (int i = 0; i < part->n; i++)
		m->ranges[to][old + i] = part->rows[i];
	if (first) {
		m->nodes[to].cpus = m->nodes[from].cpus;
		m->nodes[to].cpu_ids = m->nodes[from].cpu_ids;
	}
	whole->rows = m->ranges[to];
	whole->n = old + part->n;
	return true;
}

/*
 * Nodes that the kernel made of a physical one (numa=fake=) are at distance 10 from each other, as
 * no others are, and all have its CPUs.  The machine of the case is the one with the physical
 * nodes, in the order of their first parts; what becomes of them is computed.  Returns whether
 * there are such nodes.
 */
static bool merge_fake_nodes(struct verify_case *c, struct machine_case *m)
{
	int n = m->machine.nodes.n, nr = 0, first[MACHINE_MAX_NODES];

	for (int i = 0; i < n; i++) {
		int phys = 0;

		while (phys < nr && m->distances[first[phys]][i] != LOCAL_DISTANCE)
			phys++;
		if (phys == nr)
			first[nr++] = i;
		if (!take_part(m, phys, i, first[phys] == i)) {
			diag_error(c->diag, list_of(c, "early_node_ranges")->items[0]->at,
				   "too many ranges in the nodes that numa=fake made of node %d; "
				   "accepted: at most %d",
				   phys, MACHINE_CASE_RANGES);
			return true;
		}
	}
	for (int i = 0; i < nr; i++) {
		m->distance_rows[i].n = nr;
		for (int k = 0; k < nr; k++)
			m->distances[i][k] = m->distances[first[i]][first[k]];
	}
	m->machine.nodes.n = m->machine.distances.n = nr;
	return nr < n;
}

static int zone_by_name(const char *name)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };

	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

static void read_zones(struct verify_case *c, struct machine_case *m)
{
	const struct yaml_node *list = list_of(c, "zones");

	m->kernel.zones.items = m->zones;
	for (size_t i = 0; list && i < list->n && i < ARRAY_LEN(m->zones); i++) {
		const struct yaml_node *name = yaml_get(list->items[i], "zone");
		struct zone_fact *f = &m->zones[i];

		f->node = bounded(c, list->items[i], "node", MACHINE_MAX_NODES - 1);
		f->managed = verify_int(c, list->items[i], "managed");
		f->zone = name && name->kind == YAML_KIND_SCALAR ? zone_by_name(name->text) : -1;
		if (f->zone < 0) {
			diag_error(c->diag, list->items[i]->at, "zones: no name of a zone");
			return;
		}
		m->kernel.zones.n++;
	}
}

static bool has_movable_zone(const struct machine_case *m)
{
	for (int i = 0; i < m->kernel.zones.n; i++)
		if (m->zones[i].zone == ZONE_MOVABLE)
			return true;
	return false;
}

static void read_command_line(struct verify_case *c, struct machine_case *m)
{
	const struct yaml_node *node = yaml_get(c->yaml, "command_line");
	const struct yaml_node *thp = yaml_get(c->yaml, "transparent_hugepage");
	const char *line = node && node->kind == YAML_KIND_SCALAR ? node->text : "";

	m->kernel.numa = 1;
	machine_case_command_line(m, line);
	m->numa = machine_case_parameter(line, "numa");
	if (merge_fake_nodes(c, m) && m->numa && strncmp(m->numa, "fake=", 5) == 0)
		m->kernel.numa_fake = m->numa + 5;
	if (m->movable_node && has_movable_zone(m))
		verify_error(c, "memory that can be unplugged (movable_node) is not modelled");
	/* "[always] madvise never": what is in force stands in brackets */
	m->kernel.transparent_hugepage =
	    thp && thp->kind == YAML_KIND_SCALAR && strstr(thp->text, "[never]")     ? THP_NEVER
	    : thp && thp->kind == YAML_KIND_SCALAR && strstr(thp->text, "[madvise]") ? THP_MADVISE
										     : THP_ALWAYS;
}

/* Memory blocks that the real machine could take offline hold no memory of the boot. */
static void read_movable_blocks(struct machine_case *m, const struct yaml_node *steps)
{
	m->kernel.movable_blocks.v = m->movable_blocks;
	for (size_t i = 0; steps && steps->kind == YAML_KIND_LIST && i < steps->n; i++) {
		const struct yaml_node *result = yaml_get(steps->items[i], "result");
		bool known = false;
		int64_t block;

		if (!verify_number(yaml_get(steps->items[i], "memory_offline"), &block) ||
		    !result || result->kind != YAML_KIND_LIST || !result->n ||
		    !yaml_is(result->items[0], "ok"))
			continue;
		for (int k = 0; k < m->kernel.movable_blocks.n; k++)
			known |= m->movable_blocks[k] == block;
		if (!known && m->kernel.movable_blocks.n < (int)ARRAY_LEN(m->movable_blocks))
			m->movable_blocks[m->kernel.movable_blocks.n++] = block;
	}
}

bool machine_case_read(struct verify_case *c, struct machine_case *m)
{
	memset(m, 0, sizeof(*m));
	read_map(c, m);
	read_ranges(c, m);
	read_nodes(c, m);
	read_distances(c, m);
	read_zones(c, m);
	read_command_line(c, m);
	read_movable_blocks(m, yaml_get(c->yaml, "steps"));
	if (!diag_failed(c->diag)) {
		machine_check(c->diag, &m->machine);
		linux_conf_check(c->diag, &m->kernel);
	}
	return !diag_failed(c->diag);
}

void machine_case_free(struct machine_case *m)
{
	sim_free(m->kernelcore);
	sim_free(m->movablecore);
	sim_free(m->numa);
	sim_free(m->hugepages);
	sim_free(m->hugepages_other);
}

/* ---- the booted kernel ---- */

bool booted_case_start(struct verify_case *c, const struct machine_case *m, struct booted_case *b)
{
	memset(b, 0, sizeof(*b));
	b->sim = sim_new(1);
	tables_init(&b->tables, &linux_personality);
	b->sim->tables = &b->tables;
	b->vm.sim = b->sim;
	b->vm.machine = machine_new(b->sim, &m->machine);
	b->sim->kernel = &b->vm;
	if (!linux_boot_memory(&b->vm, &m->kernel, c->diag))
		return false;
	block_init(&b->vm);
	writeback_init(&b->vm);
	hugetlb_init(&b->vm);
	return true;
}

void booted_case_stop(struct booted_case *b)
{
	if (!b->sim)
		return;
	if (b->vm.bdis)
		writeback_free(&b->vm);
	if (b->vm.queues)
		block_free(&b->vm);
	linux_free_memory(&b->vm);
	machine_free(b->vm.machine);
	b->sim->kernel = NULL;
	tables_free(&b->tables);
	sim_free_run(b->sim);
}

/* Numbers of text over those of v, at most count; false: there is something else. */
static bool read_numbers(const char *text, int64_t *v, int count)
{
	int n = 0;

	for (const char *p = text + strspn(text, " \t"); *p && n < count; p += strspn(p, " \t")) {
		if (!verify_parse(p, &v[n++]))
			return false;
		p += strcspn(p, " \t");
	}
	return n > 0;
}

void booted_case_store(struct verify_case *c, struct booted_case *b, const char *name,
		       const char *text, const char *where)
{
	char *full = strncmp(name, "vm.", 3) == 0 ? sim_strdup(name) : str_format("vm.%s", name);
	int64_t v[TUNABLE_MAX_VALUES];
	struct tunable_ref ref;

	if (tunable_find(vm_classes, full, &ref) && tunable_read(b->sim, &ref, v)) {
		if (read_numbers(text, v, ref.row->count))
			tunable_store(&b->vm.sysctl, ref.row, v);
		else
			verify_error(c, "%s: %s: not a number", where, full);
	}
	sim_free(full);
}

void booted_case_limits(struct booted_case *b)
{
	b->vm.user_min_free_kbytes = b->vm.sysctl.min_free_kbytes;
	setup_per_zone_wmarks(&b->vm);
	setup_per_zone_lowmem_reserve(&b->vm);
	setup_min_unmapped_ratio(&b->vm);
	setup_min_slab_ratio(&b->vm);
	set_max_huge_pages(b->sim->cpus[0].irq, b->vm.default_hstate, b->vm.sysctl.nr_hugepages);
}

void booted_case_settle(struct verify_case *c, struct booted_case *b)
{
	static const char path[] = "settled/sysctl-vm.txt";
	struct verify_text t;
	char *line;

	if (!verify_read(c, path, &t)) {
		verify_error(c, "%s is needed", path);
		return;
	}
	while ((line = verify_line(&t))) {
		const char *name = verify_word(&line);
		char *where = str_format("%s:%d", path, t.line);

		verify_word(&line); /* = */
		booted_case_store(c, b, name, line, where);
		sim_free(where);
	}
	verify_text_free(&t);
	booted_case_limits(b);
	/* kswapd has gone to sleep since: thresholds are of the pages that there were then */
	FOR_EACH_NODE (&b->vm, node)
		set_pgdat_percpu_threshold(node, calculate_normal_threshold);
}

/* Files of /proc/sys/vm that nothing here depends on, but that do not take everything. */
static int write_without_effect(const char *name, const char *text)
{
	int64_t v;

	text += strspn(text, " \t");
	if (strcmp(name, "vm.numa_zonelist_order") == 0 && (!*text || !strchr("dDnN", *text)))
		return -EINVAL;
	if (strcmp(name, "vm.drop_caches") == 0 && (!verify_parse(text, &v) || v < 1 || v > 4))
		return -EINVAL;
	return 0;
}

int sysctl_vm_write_text(struct sim *s, const char *name, const char *text)
{
	int64_t v[TUNABLE_MAX_VALUES];
	struct tunable_ref ref;

	if (!tunable_find(vm_classes, name, &ref))
		return write_without_effect(name, text);
	tunable_read(s, &ref, v);
	return read_numbers(text, v, ref.row->count) ? tunable_write(s, &ref, v) : -EINVAL;
}

/* One line: "vm.lowmem_reserve_ratio = 256 256 32 0 0".  What mmsim does not have is left out,
 * and user_reserve_kbytes: memory blocks that come and go make it anew from what happens to be
 * free. */
static void compare_sysctl_line(struct sim *s, const char *where, char *line,
				struct verify_quantity *q)
{
	const char *name = verify_word(&line);
	int64_t v[TUNABLE_MAX_VALUES], recorded;
	struct tunable_ref ref;

	if (strcmp(name, "vm.user_reserve_kbytes") == 0 || !tunable_find(vm_classes, name, &ref) ||
	    !tunable_read(s, &ref, v))
		return;
	verify_word(&line); /* = */
	for (int i = 0; i < ref.row->count; i++) {
		char *what = str_format("%s %s[%d]", where, name, i);

		if (verify_parse(verify_word(&line), &recorded))
			verify_count_number(q, v[i], recorded, what);
		sim_free(what);
	}
}

void compare_sysctl_text(struct verify_case *c, struct sim *s, const char *snapshot,
			 struct verify_quantity *q)
{
	char *path = str_format("%s/sysctl-vm.txt", snapshot), *line;
	struct verify_text t;

	if (verify_read(c, path, &t)) {
		while ((line = verify_line(&t)))
			compare_sysctl_line(s, path, line, q);
		verify_text_free(&t);
	}
	sim_free(path);
}
