/*
 * topology.c - limits of a machine, as booted and after each step
 *
 *   case.yaml, settled/sysctl-vm.txt  ->  boot, settle  ->  settled/limits.txt
 *   steps of case.yaml                ->  apply one     ->  steps/NN/limits.txt
 *
 * The texts of /proc are compared where the case has them.
 *
 * The free and file pages that the dirty limits start from are counters of the
 * real machine (vmstat.txt of each snapshot); all else is computed.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/boot/boot.h"
#include "models/linux/verify/machine_case.h"
#include "models/linux/verify/procfs_text.h"
#include "models/linux/writeback/writeback.h"

enum quantity {
	Q_RESULTS,
	Q_SETTINGS,
	Q_NODES,
	Q_ZONES,
	Q_ZONELISTS,
	Q_WMARK,
	Q_LOWMEM_RESERVE,
	Q_TOTALRESERVE,
	Q_PCP,
	Q_DRIFT_MARK,
	Q_MIN_UNMAPPED,
	Q_MIN_SLAB,
	Q_DIRTY,
	Q_PROCFS_FORM,
	Q_PROCFS_VALUES,
	NR_QUANTITIES,
};

static const char *const quantity_names[NR_QUANTITIES] = {
	[Q_RESULTS] = "results",
	[Q_SETTINGS] = "settings",
	[Q_NODES] = "nodes",
	[Q_ZONES] = "zones",
	[Q_ZONELISTS] = "zonelists",
	[Q_WMARK] = "wmark",
	[Q_LOWMEM_RESERVE] = "lowmem_reserve",
	[Q_TOTALRESERVE] = "totalreserve",
	[Q_PCP] = "pcp",
	[Q_DRIFT_MARK] = "drift mark",
	[Q_MIN_UNMAPPED] = "min_unmapped",
	[Q_MIN_SLAB] = "min_slab",
	[Q_DIRTY] = "dirty limits",
	[Q_PROCFS_FORM] = "procfs lines",
	[Q_PROCFS_VALUES] = "procfs values",
};

struct topology {
	struct verify_case *c;
	struct machine_case machine;
	struct booted_case booted;
	struct verify_quantity q[NR_QUANTITIES];
	const char *snapshot; /* "settled", "steps/03" */
	bool up_to_date;      /* min_unmapped and min_slab of the snapshot are of that moment */
	uint64_t dirty, background;
	bool has_dirty;
};

/* ---- the limits, as they are written ---- */

/* The result of a write in the words of case.yaml; the caller frees it. */
static char *result_text(int error)
{
	return error ? str_format("failed: %s", strerror(-error)) : sim_strdup("ok");
}

static void write_zonelist(FILE *f, const struct pglist_data *node, int index, const char *name)
{
	const struct zonelist *l = &node->zonelists[index];

	fprintf(f, "zonelist %d %s", node->node_id, name);
	for (int i = 0; i < l->n; i++)
		fprintf(f, " %d:%s", l->ref[i].zone->node->node_id, l->ref[i].zone->name);
	fprintf(f, "\n");
}

static void write_zone(FILE *f, const struct linux_vm *vm, const struct zone *z)
{
	int nid = z->node->node_id;

	fprintf(f,
		"zone %d %s start 0x%" PRIx64 " spanned %" PRIu64 " present %" PRIu64
		" managed %" PRIu64 "\n",
		nid, z->name, z->zone_start_pfn, z->spanned_pages, z->present_pages,
		z->managed_pages);
	fprintf(f,
		"wmark %d %s min %" PRIu64 " low %" PRIu64 " high %" PRIu64 " promo %" PRIu64 "\n",
		nid, z->name, z->_watermark[WMARK_MIN], z->_watermark[WMARK_LOW],
		z->_watermark[WMARK_HIGH], z->_watermark[WMARK_PROMO]);
	fprintf(f, "lowmem_reserve %d %s", nid, z->name);
	for (int j = 0; j < MAX_NR_ZONES; j++)
		fprintf(f, " %" PRId64, z->lowmem_reserve[j]);
	fprintf(f, "\n");
	for (int cpu = 0; cpu < vm->nr_cpu_ids; cpu++)
		if (vm->sim->cpus[cpu].online)
			fprintf(f, "pcp %d %s cpu %d high %d batch %d\n", nid, z->name, cpu,
				z->pcp[cpu].high, z->pcp[cpu].batch);
}

static void write_limits(struct topology *t, const int *results, int nr_results)
{
	struct linux_vm *vm = &t->booted.vm;
	char *path = str_format("%s/limits.txt", t->snapshot);
	FILE *f = verify_create(t->c, path);

	sim_free(path);
	if (!f)
		return;
	fprintf(f, "totalreserve_pages %" PRIu64 "\n", vm->totalreserve_pages);
	FOR_EACH_NODE (vm, node) {
		fprintf(f, "node %d start 0x%" PRIx64 " spanned %" PRIu64 " present %" PRIu64 "\n",
			node->node_id, node->node_start_pfn, node->node_spanned_pages,
			node->node_present_pages);
		write_zonelist(f, node, ZONELIST_FALLBACK, "fallback");
		write_zonelist(f, node, ZONELIST_NOFALLBACK, "thisnode");
	}
	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone))
			write_zone(f, vm, zone);
	if (t->has_dirty)
		fprintf(f, "dirty threshold %" PRIu64 " background %" PRIu64 "\n", t->dirty,
			t->background);
	for (int i = 0; i < nr_results; i++) {
		char *text = result_text(results[i]);

		fprintf(f, "result %d %s\n", i + 1, text);
		sim_free(text);
	}
	verify_finish(t->c, f);
}

/* ---- the dirty limits ---- */

/* From the counters of the real machine at this snapshot; the thresholds in the file are not read.
 */
static void compute_dirty(struct topology *t)
{
	static const char *const names[] = { "nr_free_pages", "nr_inactive_file",
					     "nr_active_file" };
	int64_t v[ARRAY_LEN(names)] = { 0 };
	struct linux_vm *vm = &t->booted.vm;
	char *path = str_format("%s/vmstat.txt", t->snapshot), *line;
	struct verify_text text;
	size_t found = 0;

	t->has_dirty = false;
	if (verify_read(t->c, path, &text)) {
		while ((line = verify_line(&text))) {
			const char *name = verify_word(&line);

			for (size_t i = 0; i < ARRAY_LEN(names); i++)
				if (strcmp(name, names[i]) == 0)
					found += verify_parse(verify_word(&line), &v[i]);
		}
		verify_text_free(&text);
	}
	sim_free(path);
	if (found < ARRAY_LEN(names))
		return;

	uint64_t available = (uint64_t)v[0] - min_u64((uint64_t)v[0], vm->totalreserve_pages);

	available += (uint64_t)v[1] + (uint64_t)v[2];
	dirty_limits_from(vm, available + 1, false, 0, &t->background, &t->dirty);
	t->has_dirty = true;
}

static void compare_dirty(struct topology *t)
{
	char *path = str_format("%s/vmstat.txt", t->snapshot), *line;
	struct verify_text text;
	int64_t v;

	if (t->has_dirty && verify_read(t->c, path, &text)) {
		while ((line = verify_line(&text))) {
			const char *name = verify_word(&line);
			bool foreground = strcmp(name, "nr_dirty_threshold") == 0;

			if ((!foreground && strcmp(name, "nr_dirty_background_threshold") != 0) ||
			    !verify_parse(verify_word(&line), &v))
				continue;

			char *what = str_format("%s %s", t->snapshot, name);

			verify_count_number(&t->q[Q_DIRTY],
					    (int64_t)(foreground ? t->dirty : t->background), v,
					    what);
			sim_free(what);
		}
		verify_text_free(&text);
	}
	sim_free(path);
}

/* ---- comparison with a recorded dump ---- */

/* Compares the number behind key in a record with the model's. */
static void compare_field(struct topology *t, enum quantity q, const char *record, const char *key,
			  uint64_t computed)
{
	int64_t recorded;

	if (!verify_field(record, key, &recorded))
		return;

	char *what = str_format("%s %.*s %s", t->snapshot,
				(int)strcspn(record, "\n") > 24 ? 24 : 99, record, key);

	verify_count_number(&t->q[q], computed, recorded, what);
	sim_free(what);
}

static void compare_node(struct topology *t, const char *record, const struct pglist_data *node)
{
	compare_field(t, Q_NODES, record, "start", node->node_start_pfn);
	compare_field(t, Q_NODES, record, "spanned", node->node_spanned_pages);
	compare_field(t, Q_NODES, record, "present", node->node_present_pages);
	compare_field(t, Q_NODES, record, "nr_zones", node->nr_zones);
	compare_field(t, Q_TOTALRESERVE, record, "totalreserve", node->totalreserve_pages);
	if (t->up_to_date) {
		compare_field(t, Q_MIN_UNMAPPED, record, "min_unmapped", node->min_unmapped_pages);
		compare_field(t, Q_MIN_SLAB, record, "min_slab", node->min_slab_pages);
	}
}

static void compare_zonelist(struct topology *t, const struct pglist_data *node, char *words)
{
	const char *name = verify_word(&words);
	const struct zonelist *l =
	    &node->zonelists[strcmp(name, "fallback") == 0 ? ZONELIST_FALLBACK
							   : ZONELIST_NOFALLBACK];
	struct str computed = { 0 };

	for (int i = 0; i < l->n; i++)
		str_addf(&computed, "%s%d:%s", i ? " " : "", l->ref[i].zone->node->node_id,
			 l->ref[i].zone->name);
	for (size_t end = strlen(words); end && words[end - 1] == ' ';)
		words[--end] = '\0';
	verify_count(&t->q[Q_ZONELISTS], strcmp(str_get(&computed), words) == 0,
		     "%s node %d %s: %s, recorded %s", t->snapshot, node->node_id, name,
		     str_get(&computed), words);
	str_free(&computed);
}

static void compare_zone(struct topology *t, const char *record, const struct zone *z)
{
	int64_t populated = 1;

	verify_field(record, "populated", &populated);
	verify_count(&t->q[Q_ZONES], populated_zone(z) == populated,
		     "%s %s of node %d populated: %d", t->snapshot, z->name, z->node->node_id,
		     populated_zone(z));
	compare_field(t, Q_ZONES, record, "start", z->zone_start_pfn);
	compare_field(t, Q_ZONES, record, "spanned", z->spanned_pages);
	compare_field(t, Q_ZONES, record, "present", z->present_pages);
	compare_field(t, Q_ZONES, record, "managed", z->managed_pages);
	compare_field(t, Q_ZONES, record, "contiguous", z->contiguous);
}

static void compare_wmark(struct topology *t, const char *record, const struct zone *z)
{
	static const char *const names[NR_WMARK] = { "min", "low", "high", "promo" };

	for (int i = 0; i < NR_WMARK; i++)
		compare_field(t, Q_WMARK, record, names[i], z->_watermark[i]);
}

/* Whether there is one: where it lies hangs on watermarks of the boot, when less memory was there.
 */
static void compare_drift_mark(struct topology *t, const char *record, const struct zone *z)
{
	int64_t recorded;

	if (verify_field(record, "percpu_drift_mark", &recorded))
		verify_count(&t->q[Q_DRIFT_MARK], !recorded == !z->percpu_drift_mark,
			     "%s %s of node %d percpu_drift_mark: %" PRIu64 ", recorded %" PRId64,
			     t->snapshot, z->name, z->node->node_id, z->percpu_drift_mark,
			     recorded);
}

static void compare_lowmem_reserve(struct topology *t, char *words, const struct zone *z)
{
	for (int j = 0; j < MAX_NR_ZONES; j++) {
		int64_t recorded = -1;
		char *what = str_format("%s %s of node %d lowmem_reserve[%d]", t->snapshot, z->name,
					z->node->node_id, j);

		verify_parse(verify_word(&words), &recorded);
		verify_count_number(&t->q[Q_LOWMEM_RESERVE], z->lowmem_reserve[j], recorded, what);
		sim_free(what);
	}
}

static void compare_pcp(struct topology *t, const char *record, const struct zone *z)
{
	const struct linux_vm *vm = &t->booted.vm;
	int64_t cpu = -1;

	verify_field(record, "cpu", &cpu);
	if (!z->pcp || cpu < 0 || cpu >= vm->nr_cpu_ids || !vm->sim->cpus[cpu].online) {
		verify_count(&t->q[Q_PCP], false, "%s: no lists for \"%.24s\"", t->snapshot,
			     record);
		return;
	}
	compare_field(t, Q_PCP, record, "high", (uint64_t)z->pcp[cpu].high);
	compare_field(t, Q_PCP, record, "batch", (uint64_t)z->pcp[cpu].batch);
}

/* The zone "N NAME" at the beginning of words, which are moved behind it; NULL: there is none. */
static struct zone *record_zone(struct linux_vm *vm, char **words)
{
	const char *number = verify_word(words), *name = verify_word(words);
	int64_t nid;

	if (!verify_parse(number, &nid) || nid < 0 || nid >= vm->nr_nodes)
		return NULL;
	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (strcmp(vm->nodes[nid].zones[i].name, name) == 0)
			return &vm->nodes[nid].zones[i];
	return NULL;
}

static void compare_record(struct topology *t, const char *record, char *words)
{
	static const char *const zone_records[] = { "zone", "wmark", "lowmem_reserve", "zonemisc",
						    "pcp" };
	struct linux_vm *vm = &t->booted.vm;
	const char *kind = verify_word(&words);
	struct zone *z = NULL;
	int64_t nid;

	if (strcmp(kind, "mmprobe") == 0)
		compare_field(t, Q_TOTALRESERVE, record, "totalreserve_pages",
			      vm->totalreserve_pages);
	if (strcmp(kind, "node") == 0 || strcmp(kind, "zonelist") == 0) {
		bool known =
		    verify_parse(verify_word(&words), &nid) && nid >= 0 && nid < vm->nr_nodes;

		if (!known)
			verify_count(&t->q[Q_NODES], false, "%s: no node for \"%.24s\"",
				     t->snapshot, record);
		if (known && *kind == 'n')
			compare_node(t, record, &vm->nodes[nid]);
		else if (known)
			compare_zonelist(t, &vm->nodes[nid], words);
	}
	for (size_t i = 0; i < ARRAY_LEN(zone_records); i++)
		if (strcmp(kind, zone_records[i]) == 0 && !(z = record_zone(vm, &words)))
			verify_count(&t->q[Q_ZONES], false, "%s: no zone for \"%.24s\"",
				     t->snapshot, record);
	if (!z)
		return;
	if (strcmp(kind, "zone") == 0)
		compare_zone(t, record, z);
	else if (strcmp(kind, "wmark") == 0)
		compare_wmark(t, record, z);
	else if (strcmp(kind, "lowmem_reserve") == 0)
		compare_lowmem_reserve(t, words, z);
	else if (strcmp(kind, "zonemisc") == 0)
		compare_drift_mark(t, record, z);
	else
		compare_pcp(t, record, z);
}

static void compare_dump(struct topology *t, const char *file)
{
	char *path = str_format("%s/%s", t->snapshot, file), *line;
	struct verify_text text;

	if (verify_read(t->c, path, &text)) {
		while ((line = verify_line(&text))) {
			char *record = sim_strdup(line);

			compare_record(t, record, line);
			sim_free(record);
		}
		verify_text_free(&text);
	}
	sim_free(path);
}

static void compare_proc(struct topology *t)
{
	struct procfs_quantities q = { &t->q[Q_PROCFS_FORM], &t->q[Q_PROCFS_VALUES] };

	compare_procfs(t->c, t->booted.sim, t->snapshot, &q);
}

static void compare_results(struct topology *t, const struct yaml_node *recorded,
			    const int *results, int n)
{
	if (!recorded || recorded->kind != YAML_KIND_LIST)
		return;
	for (int i = 0; i < n && i < (int)recorded->n; i++) {
		char *computed = result_text(results[i]);

		if (recorded->items[i]->kind == YAML_KIND_SCALAR &&
		    !yaml_is(recorded->items[i], "?"))
			verify_count(&t->q[Q_RESULTS], yaml_is(recorded->items[i], computed),
				     "%s write %d: %s, recorded %s", t->snapshot, i + 1, computed,
				     recorded->items[i]->text);
		sim_free(computed);
	}
}

/* ---- steps ---- */

#define MAX_WRITES 64

struct hotplug {
	const char *name;
	int (*run)(struct linux_vm *vm, int64_t number);
};

static int run_memory_offline(struct linux_vm *vm, int64_t block)
{
	return memory_offline(vm, NULL, (uint64_t)block);
}

static int run_memory_online(struct linux_vm *vm, int64_t block)
{
	return memory_online(vm, (uint64_t)block, MMOP_ONLINE);
}

static int run_memory_online_kernel(struct linux_vm *vm, int64_t block)
{
	return memory_online(vm, (uint64_t)block, MMOP_ONLINE_KERNEL);
}

static int run_memory_online_movable(struct linux_vm *vm, int64_t block)
{
	return memory_online(vm, (uint64_t)block, MMOP_ONLINE_MOVABLE);
}

static int run_cpu_offline(struct linux_vm *vm, int64_t cpu)
{
	return cpu_offline(vm, (int)cpu);
}

static int run_cpu_online(struct linux_vm *vm, int64_t cpu)
{
	return cpu_online(vm, (int)cpu);
}

static const struct hotplug hotplugs[] = {
	{ "memory_offline", run_memory_offline },
	{ "memory_online", run_memory_online },
	{ "memory_online_kernel", run_memory_online_kernel },
	{ "memory_online_movable", run_memory_online_movable },
	{ "cpu_offline", run_cpu_offline },
	{ "cpu_online", run_cpu_online },
};

/* Whether a block is busy cannot be computed: what failed on the real machine is left out. */
static void step_hotplug(struct topology *t, const struct yaml_node *step)
{
	const struct yaml_node *result = yaml_get(step, "result");
	bool failed = result && result->kind == YAML_KIND_LIST && result->n &&
		      result->items[0]->kind == YAML_KIND_SCALAR &&
		      strncmp(result->items[0]->text, "failed", 6) == 0;

	for (size_t i = 0; i < ARRAY_LEN(hotplugs); i++) {
		const struct yaml_node *node = yaml_get(step, hotplugs[i].name);
		int64_t number;
		int error;

		if (!node || failed)
			continue;
		if (!verify_number(node, &number)) {
			diag_error(t->c->diag, node->at, "%s: not a number", hotplugs[i].name);
			continue;
		}
		error = hotplugs[i].run(&t->booted.vm, number);
		verify_count(&t->q[Q_RESULTS], error == 0,
			     "%s %s %" PRId64 ": failed: %s, recorded ok", t->snapshot,
			     hotplugs[i].name, number, strerror(-error));
	}
}

/* Returns the number of writes; their results go to results. */
static int step_set(struct topology *t, const struct yaml_node *step, int *results)
{
	const struct yaml_node *set = yaml_get(step, "set");
	int n = 0;

	if (!set || set->kind != YAML_KIND_MAP)
		return 0;
	for (size_t i = 0; i < set->n && n < MAX_WRITES; i++) {
		if (set->items[i]->kind == YAML_KIND_SCALAR)
			results[n++] = sysctl_vm_write_text(t->booted.sim, set->keys[i]->text,
							    set->items[i]->text);
		else
			diag_error(t->c->diag, set->items[i]->at, "set: not a value");
	}
	return n;
}

static void run_step(struct topology *t, const struct yaml_node *step)
{
	int results[MAX_WRITES], n;
	char *snapshot = str_format("steps/%02" PRId64, verify_int(t->c, step, "index"));

	t->snapshot = snapshot;
	step_hotplug(t, step);
	n = step_set(t, step, results);
	compute_dirty(t);
	write_limits(t, results, n);
	compare_results(t, yaml_get(step, "result"), results, n);
	compare_sysctl_text(t->c, t->booted.sim, snapshot, &t->q[Q_SETTINGS]);
	compare_dump(t, "limits.txt");
	compare_dirty(t);
	compare_proc(t);
	sim_free(snapshot);
}

/* ---- the whole ---- */

static void run_case(struct topology *t)
{
	const struct yaml_node *steps = yaml_get(t->c->yaml, "steps");

	t->snapshot = "settled";
	compute_dirty(t);
	write_limits(t, NULL, 0);
	compare_dump(t, "mmprobe.txt");
	compare_dirty(t);
	compare_proc(t);
	t->up_to_date = true;
	for (size_t i = 0; steps && steps->kind == YAML_KIND_LIST && i < steps->n; i++)
		run_step(t, steps->items[i]);
}

static bool topology_run(struct verify_case *c)
{
	struct topology *t = sim_calloc(1, sizeof(*t));
	bool ok = machine_case_read(c, &t->machine);

	t->c = c;
	for (int i = 0; i < NR_QUANTITIES; i++)
		t->q[i].name = quantity_names[i];
	if (ok && booted_case_start(c, &t->machine, &t->booted)) {
		booted_case_settle(c, &t->booted);
		ok = !diag_failed(c->diag);
		if (ok)
			run_case(t);
	} else {
		ok = false;
	}
	verify_report(c, t->q, NR_QUANTITIES);
	booted_case_stop(&t->booted);
	machine_case_free(&t->machine);
	sim_free(t);
	return ok;
}

const struct verify_family verify_topology = { .name = "topology", .run = topology_run };
