/*
 * import.c - mmsim import: the description of a real machine as YAML
 *
 * What the machine is (nodes, memory, distances) goes to "machine:", what its
 * boot left over to "linux:", and values of /proc/sys/vm and of huge pages that a
 * boot of the simulated kernel would not give to "sysctl:".
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/collected.h"
#include "models/linux/import_disk.h"
#include "models/linux/import_thp.h"
#include "models/linux/mappings/hstate.h"
#include "models/linux/tunables.h"
#include "models/linux/verify/machine_case.h"

#define MIB_PAGES 256

static const char *text_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;

	return node && node->kind == YAML_KIND_SCALAR ? node->text : "?";
}

/* ---- machine ---- */

static pages_t ram_of(const struct machine_case *m)
{
	pages_t pages = 0;

	for (int i = 0; i < m->machine.nodes.n; i++)
		for (int k = 0; k < m->nodes[i].ranges.n; k++)
			pages += (pages_t)(m->range_values[i][k][1] - m->range_values[i][k][0]);
	return pages;
}

static void print_size(struct str *out, const struct machine_case *m)
{
	str_addf(out, "# A machine of %" PRIu64 " MiB: %d %s, %d %s.\n", ram_of(m) / MIB_PAGES,
		 m->machine.nodes.n, m->machine.nodes.n == 1 ? "node" : "nodes", m->nr_cpus,
		 m->nr_cpus == 1 ? "CPU" : "CPUs");
}

static void print_comment(struct str *out, const struct verify_case *c,
			  const struct machine_case *m)
{
	const struct yaml_node *kernel = yaml_get(c->yaml, "kernel");

	print_size(out, m);
	str_addf(out, "# Seen on Linux %s, package version %s.\n", text_of(kernel, "release"),
		 text_of(kernel, "package_version"));
}

static void print_node(struct str *out, const struct node_conf *node)
{
	str_add(out, "    - { ");
	if (node->cpu_ids.n) {
		str_add(out, "cpu_ids: [");
		for (int i = 0; i < node->cpu_ids.n; i++)
			str_addf(out, "%s%" PRId64, i ? ", " : "", node->cpu_ids.v[i]);
		str_add(out, "]");
	} else {
		str_add(out, "cpus: 0");
	}
	for (int i = 0; i < node->ranges.n; i++)
		str_addf(out, "%s[%" PRId64 ", %" PRId64 "]", i ? ", " : ", ranges: [",
			 node->ranges.rows[i].v[0], node->ranges.rows[i].v[1]);
	str_add(out, node->ranges.n ? "] }\n" : " }\n");
}

static void print_machine(struct str *out, const struct machine_case *m)
{
	const struct machine_conf *conf = &m->machine;

	str_add(out, "machine:\n  nodes: # ranges: first page and last page + 1 of RAM\n");
	for (int i = 0; i < conf->nodes.n; i++)
		print_node(out, &m->nodes[i]);
	str_add(out, "  distances:\n");
	for (int i = 0; i < conf->distances.n; i++) {
		str_add(out, "    - [");
		for (int k = 0; k < conf->distances.n; k++)
			str_addf(out, "%s%" PRId64, k ? ", " : "", m->distances[i][k]);
		str_add(out, "]\n");
	}
	str_add(out, "  memory_map: # bytes, end is the last one\n");
	for (int i = 0; i < conf->memory_map.n; i++)
		str_addf(out, "    - { start: %" PRId64 ", end: %" PRId64 ", type: %s }\n",
			 m->map[i].start, m->map[i].end,
			 m->map[i].type == MEMORY_USABLE ? "usable" : "reserved");
}

/* ---- linux ---- */

static void print_linux(struct str *out, const struct machine_case *m, const struct linux_vm *vm)
{
	static const char *const thp[] = { "always", "madvise", "never" };
	const struct linux_conf *conf = &m->kernel;

	str_add(out, "linux:\n");
	if (conf->kernelcore)
		str_addf(out, "  kernelcore: \"%s\"\n", conf->kernelcore);
	if (conf->movablecore)
		str_addf(out, "  movablecore: \"%s\"\n", conf->movablecore);
	if (conf->default_hugepagesz != HSTATE_2M)
		str_add(out, "  default_hugepagesz: 1G\n");
	if (conf->hugepages)
		str_addf(out, "  hugepages: \"%s\"\n", conf->hugepages);
	if (conf->hugepages_2M)
		str_addf(out, "  hugepages_2M: \"%s\"\n", conf->hugepages_2M);
	if (conf->hugepages_1G)
		str_addf(out, "  hugepages_1G: \"%s\"\n", conf->hugepages_1G);
	if (conf->transparent_hugepage != THP_ALWAYS)
		str_addf(out, "  transparent_hugepage: %s\n", thp[conf->transparent_hugepage]);
	str_add(out, "  zones: # pages the allocator has after boot\n");
	for (int i = 0; i < conf->zones.n; i++)
		str_addf(out, "    - { node: %" PRId64 ", zone: %s, managed: %" PRId64 " }\n",
			 m->zones[i].node, vm->nodes[m->zones[i].node].zones[m->zones[i].zone].name,
			 m->zones[i].managed);
	if (conf->movable_blocks.n) {
		str_add(out, "  movable_blocks: [");
		for (int i = 0; i < conf->movable_blocks.n; i++)
			str_addf(out, "%s%" PRId64, i ? ", " : "", m->movable_blocks[i]);
		str_add(out, "]\n");
	}
}

/* ---- sysctl ---- */

/* A ratio that is 0 because the size beside it counts; writing it would clear the size. */
static bool is_cleared_ratio(const struct sysctl_vm *v, const char *name)
{
	return (strcmp(name, "dirty_ratio") == 0 && v->dirty_bytes) ||
	       (strcmp(name, "dirty_background_ratio") == 0 && v->dirty_background_bytes);
}

static void print_value(struct str *out, const struct tunable *row, const int64_t *v)
{
	const char *quote = row->count > 1 ? "\"" : "";

	str_addf(out, "  vm.%s: %s", row->name, quote);
	if (row->unit == UNIT_BOOL)
		str_add(out, v[0] ? "true" : "false");
	else
		tunable_print_value(out, row, v);
	str_addf(out, "%s\n", quote);
}

/*
 * What is in force on the real machine and would not be after booting the simulated one: of
 * /proc/sys/vm, and the lines of others, which is freed.
 */
static void print_sysctl(struct str *out, const struct sysctl_vm *booted,
			 const struct sysctl_vm *seen, struct str *others)
{
	struct str values = { 0 };

	for (int i = 0; i < vm_tunables.nr_rows; i++) {
		const struct tunable *row = &vm_tunables.rows[i];
		const int64_t *b =
		    (const int64_t *)(const void *)((const char *)booted + row->offset);
		const int64_t *s =
		    (const int64_t *)(const void *)((const char *)seen + row->offset);

		if (memcmp(b, s, (size_t)row->count * sizeof(*b)) != 0 &&
		    !is_cleared_ratio(seen, row->name))
			print_value(&values, row, s);
	}
	str_add(&values, str_get(others));
	str_addf(out, "sysctl:%s%s", values.len ? "\n" : " {}\n", str_get(&values));
	str_free(&values);
	str_free(others);
}

/* A disk by itself: what "disks: [!include FILE]" takes. */
static bool import_one_disk(struct diag *d, const char *dir, struct str *out)
{
	str_add(out, "# A disk, for \"disks: [!include FILE]\" of a machine.\n");
	return import_disk(d, dir, out) && !diag_failed(d);
}

/* All sections; booted: the values of /proc/sys/vm before those of the machine were taken over. */
static void print_sections(struct str *out, struct verify_case *c, const struct machine_case *m,
			   const struct booted_case *b, const struct sysctl_vm *booted)
{
	const char *dir = c->dir;
	struct str huge_pages = { 0 };

	print_machine(out, m);
	import_disks(c->diag, dir, out);
	print_linux(out, m, &b->vm);
	import_queues(dir, out);
	import_thp(c, &huge_pages);
	print_sysctl(out, booted, &b->vm.sysctl, &huge_pages);
}

/*
 * The kernel counts the pages of its zones and all of memory together; a host that gives a guest
 * its memory bit by bit may show them apart.
 */
static void print_memory_apart(struct str *out, const struct collected *from)
{
	int64_t managed = 0;

	for (int i = 0; i < from->nr_zones; i++)
		managed += from->zones[i].managed << (PAGE_SHIFT - 10);
	if (from->mem_total_kib > managed + managed / 50)
		str_addf(out,
			 "# /proc/meminfo has %" PRId64 " MiB in all, the zones of /proc/zoneinfo "
			 "have %" PRId64 " MiB: simulated is what the zones have.\n",
			 from->mem_total_kib >> 10, managed >> 10);
}

static void print_collected_comment(struct str *out, const struct collected *from,
				    const struct machine_case *m)
{
	print_size(out, m);
	str_addf(out, "# Collected on Linux %s; simulated as Linux 6.1.\n", from->release);
	if (!from->nr_map)
		str_add(out,
			"# The memory map was not readable (it takes root): RAM is where zones "
			"are.\n");
	print_memory_apart(out, from);
	if (from->guessed)
		str_add(out,
			"# Where the holes within a zone lie is guessed; how many pages it has "
			"is not.\n");
}

static bool import_collected(struct diag *d, const char *dir, struct str *out)
{
	struct verify_case c = { .dir = dir, .diag = d };
	struct collected *from = sim_calloc(1, sizeof(*from));
	struct machine_case *m = sim_calloc(1, sizeof(*m));
	struct booted_case *b = sim_calloc(1, sizeof(*b));

	if (collected_read(&c, from, m) && booted_case_start(&c, m, b)) {
		struct sysctl_vm booted = b->vm.sysctl;

		collected_settle(&c, b);
		print_collected_comment(out, from, m);
		print_sections(out, &c, m, b, &booted);
	}
	booted_case_stop(b);
	machine_case_free(m);
	collected_free(from);
	sim_free(b);
	sim_free(m);
	sim_free(from);
	return !diag_failed(d);
}

bool linux_import(struct diag *d, const char *dir, struct str *out)
{
	if (!linux_verify_knows(dir) && import_is_disk(dir))
		return import_one_disk(d, dir, out);
	if (!linux_verify_knows(dir) && import_is_collected(dir))
		return import_collected(d, dir, out);
	if (!linux_verify_knows(dir)) {
		diag_error(
		    d, (struct place){ 0 },
		    "%s: is no folder of a collected machine, nor of a disk; accepted: what "
		    "scripts/collect-machine made, or a folder with queue/ and results of fio",
		    dir);
		return false;
	}

	struct verify_case c = { .diag = d };
	struct machine_case *m = sim_calloc(1, sizeof(*m));
	struct booted_case *b = sim_calloc(1, sizeof(*b));

	if (verify_open(&c, dir) && machine_case_read(&c, m) && booted_case_start(&c, m, b)) {
		struct sysctl_vm booted = b->vm.sysctl;

		booted_case_settle(&c, b);
		print_comment(out, &c, m);
		print_sections(out, &c, m, b, &booted);
	}
	booted_case_stop(b);
	machine_case_free(m);
	sim_free(b);
	sim_free(m);
	verify_close(&c);
	return !diag_failed(d);
}
