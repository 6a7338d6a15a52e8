/*
 * lists.c - the page allocator of the running kernel, frame by frame
 *
 * What is free lies in lists of the kernel that no file of /proc shows.  They are read from the
 * kernel's memory (/proc/kcore), where its types say they are (/sys/kernel/btf/vmlinux), beginning
 * at the addresses of its symbols (/proc/kallsyms).  One CPU, one node.  Pages are taken by
 * lists_open() only, so that what lists_print() finds is not changed by its looking.
 */
#include "lists.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGEBLOCK      512
#define SECTION        32768 /* frames with a common record of their pageblocks */
#define NR_PCP_LISTS   14
#define PCP_TYPES      3
#define PCP_HUGE_ORDER 9
#define MAX_SEGMENTS   32

static void fail(const char *what)
{
	fprintf(stderr, "lists: %s\n", what);
	exit(1);
}

/* --- the kernel's memory --- */

static struct segment {
	uint64_t address, size, offset;
} segments[MAX_SEGMENTS];
static int nr_segments, kcore;

static void open_kcore(void)
{
	Elf64_Ehdr head;
	Elf64_Phdr p;

	kcore = open("/proc/kcore", O_RDONLY);
	if (kcore < 0 || pread(kcore, &head, sizeof(head), 0) != sizeof(head))
		fail("/proc/kcore");
	for (int i = 0; i < head.e_phnum && nr_segments < MAX_SEGMENTS; i++) {
		if (pread(kcore, &p, sizeof(p), (off_t)(head.e_phoff + (uint64_t)i * sizeof(p))) !=
		    sizeof(p))
			fail("a header of /proc/kcore");
		if (p.p_type == PT_LOAD)
			segments[nr_segments++] =
			    (struct segment){ p.p_vaddr, p.p_memsz, p.p_offset };
	}
}

/* N bytes at an address, as a number without sign. */
static uint64_t at(uint64_t address, size_t n)
{
	uint64_t v = 0;

	for (int i = 0; i < nr_segments; i++) {
		const struct segment *s = &segments[i];

		if (address - s->address < s->size &&
		    pread(kcore, &v, n, (off_t)(s->offset + address - s->address)) == (ssize_t)n)
			return v;
	}
	fail("an address is not in /proc/kcore");
	return 0;
}

static uint64_t pointer(uint64_t address)
{
	return at(address, 8);
}

static int word(uint64_t address)
{
	return (int)(int32_t)at(address, 4);
}

/* --- where things lie in structures --- */

struct btf_head {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t head_len, type_off, type_len, str_off, str_len;
};

struct btf_type {
	uint32_t name, info, size; /* size: or the type it stands for */
};

struct btf_member {
	uint32_t name, type, offset;
};

enum { KIND_ARRAY = 3, KIND_STRUCT, KIND_UNION };

static char *btf;
static const char *btf_names;
static struct btf_type **btf_types;
static uint32_t nr_types;

static unsigned kind(const struct btf_type *t)
{
	return t->info >> 24 & 31;
}

static unsigned members(const struct btf_type *t)
{
	return t->info & 0xffff;
}

/* Bytes behind the head of a type. */
static size_t more(const struct btf_type *t)
{
	static const uint8_t each[20] = {
		[4] = 12, [5] = 12, [6] = 8, [13] = 8, [15] = 12, [19] = 12
	};
	static const uint8_t once[20] = { [1] = 4, [3] = 12, [14] = 4, [17] = 4 };

	if (kind(t) >= 20)
		fail("an unknown kind of type");
	return once[kind(t)] + (size_t)each[kind(t)] * members(t);
}

static void open_btf(void)
{
	const size_t room = 16 << 20, most = 300000;
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	size_t len = 0;
	ssize_t n;

	btf = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	btf_types = calloc(most, sizeof(*btf_types));
	while (fd >= 0 && (n = read(fd, btf + len, room - len)) > 0)
		len += (size_t)n;
	close(fd);

	const struct btf_head *h = (const void *)btf;

	if (len < sizeof(*h) || h->magic != 0xeb9f)
		fail("/sys/kernel/btf/vmlinux");
	btf_names = btf + h->head_len + h->str_off;
	for (char *p = btf + h->head_len + h->type_off, *end = p + h->type_len;
	     p < end && nr_types + 1 < most; p += sizeof(struct btf_type) + more((void *)p))
		btf_types[++nr_types] = (void *)p;
}

static void close_btf(void)
{
	munmap(btf, 16 << 20);
	free(btf_types);
}

static const struct btf_member *member(const struct btf_type *t, unsigned i)
{
	return (const struct btf_member *)(t + 1) + i;
}

static const struct btf_type *structure(const char *name)
{
	for (uint32_t i = 1; i <= nr_types; i++)
		if (kind(btf_types[i]) == KIND_STRUCT && members(btf_types[i]) &&
		    strcmp(btf_names + btf_types[i]->name, name) == 0)
			return btf_types[i];
	fail(name);
	return NULL;
}

/* Finds a member, in structures without a name, too; -1: there is none. */
static long find(const struct btf_type *t, const char *name, uint32_t *type)
{
	for (unsigned i = 0; i < members(t); i++) {
		const struct btf_member *m = member(t, i);
		const struct btf_type *of = btf_types[m->type];
		long offset = (long)((t->info >> 31 ? m->offset & 0xffffff : m->offset) / 8);

		if (strcmp(btf_names + m->name, name) == 0) {
			*type = m->type;
			return offset;
		}
		if (!btf_names[m->name] && (kind(of) == KIND_STRUCT || kind(of) == KIND_UNION)) {
			long inner = find(of, name, type);

			if (inner >= 0)
				return offset + inner;
		}
	}
	return -1;
}

static uint64_t offset_of(const char *of, const char *name)
{
	uint32_t type;
	long offset = find(structure(of), name, &type);

	if (offset < 0)
		fail(name);
	return (uint64_t)offset;
}

static uint64_t size_of(const char *name)
{
	return structure(name)->size;
}

/* How many elements an array in a structure has. */
static unsigned elements(const char *of, const char *name)
{
	uint32_t type = 0;

	if (find(structure(of), name, &type) < 0 || kind(btf_types[type]) != KIND_ARRAY)
		fail(name);
	return ((const uint32_t *)(btf_types[type] + 1))[2];
}

/* --- what is looked for --- */

static struct {
	uint64_t node, cpu, frames, sections; /* addresses */
	uint64_t page, page_lru, section, section_usage, usage_bits;
	uint64_t zone, zone_name, zone_start, zone_spanned, zone_managed, zone_area, zone_pcp,
	    zone_stats, zone_high, zone_batch, zone_flags, zone_drift, zone_highatomic,
	    zone_isolated, zone_stat;
	uint64_t area, area_free;
	uint64_t pcp_count, pcp_high, pcp_batch, pcp_factor, pcp_expire, pcp_lists;
	uint64_t stats_diff, stats_threshold;
	uint64_t nodes, cache_cpu, cache_node, cache_link, cache_random, cpu_free, cpu_slab,
	    cpu_partial, node_partial, slab_list, slab_next, slab_free, slab_counts;
	unsigned zones, orders, types;
} k;

static uint64_t symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], found[256], type;
	uint64_t address;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %c %255s", &address, &type, found) == 3 &&
		    strcmp(found, name) == 0) {
			fclose(f);
			return address;
		}
	fail(name);
	return 0;
}

static void find_zone(void)
{
	k.zone = size_of("zone");
	k.zone_name = offset_of("zone", "name");
	k.zone_start = offset_of("zone", "zone_start_pfn");
	k.zone_spanned = offset_of("zone", "spanned_pages");
	k.zone_managed = offset_of("zone", "managed_pages");
	k.zone_area = offset_of("zone", "free_area");
	k.zone_pcp = offset_of("zone", "per_cpu_pageset");
	k.zone_stats = offset_of("zone", "per_cpu_zonestats");
	k.zone_high = offset_of("zone", "pageset_high");
	k.zone_batch = offset_of("zone", "pageset_batch");
	k.zone_flags = offset_of("zone", "flags");
	k.zone_drift = offset_of("zone", "percpu_drift_mark");
	k.zone_highatomic = offset_of("zone", "nr_reserved_highatomic");
	k.zone_isolated = offset_of("zone", "nr_isolate_pageblock");
	k.zone_stat = offset_of("zone", "vm_stat");
	k.zones = elements("pglist_data", "node_zones");
	k.orders = elements("zone", "free_area");
	k.types = elements("free_area", "free_list");
	k.area = size_of("free_area");
	k.area_free = offset_of("free_area", "free_list");
}

static void find_lists_of_cpu(void)
{
	k.pcp_count = offset_of("per_cpu_pages", "count");
	k.pcp_high = offset_of("per_cpu_pages", "high");
	k.pcp_batch = offset_of("per_cpu_pages", "batch");
	k.pcp_factor = offset_of("per_cpu_pages", "free_factor");
	k.pcp_expire = offset_of("per_cpu_pages", "expire");
	k.pcp_lists = offset_of("per_cpu_pages", "lists");
	k.stats_diff = offset_of("per_cpu_zonestat", "vm_stat_diff");
	k.stats_threshold = offset_of("per_cpu_zonestat", "stat_threshold");
}

static void find_slabs(void)
{
	k.nodes = pointer(symbol("radix_tree_node_cachep"));
	k.cache_cpu = offset_of("kmem_cache", "cpu_slab");
	k.cache_node = offset_of("kmem_cache", "node");
	k.cache_link = offset_of("kmem_cache", "offset");
	k.cache_random = offset_of("kmem_cache", "random");
	k.cpu_free = offset_of("kmem_cache_cpu", "freelist");
	k.cpu_slab = offset_of("kmem_cache_cpu", "slab");
	k.cpu_partial = offset_of("kmem_cache_cpu", "partial");
	k.node_partial = offset_of("kmem_cache_node", "partial");
	k.slab_list = offset_of("slab", "slab_list");
	k.slab_next = offset_of("slab", "next");
	k.slab_free = offset_of("slab", "freelist");
	k.slab_counts = offset_of("slab", "counters");
}

void lists_open(void)
{
	open_kcore();
	open_btf();
	find_zone();
	find_lists_of_cpu();
	find_slabs();
	k.page = size_of("page");
	k.page_lru = offset_of("page", "lru");
	k.section = size_of("mem_section");
	k.section_usage = offset_of("mem_section", "usage");
	k.usage_bits = offset_of("mem_section_usage", "pageblock_flags");
	k.node = pointer(symbol("node_data")) + offset_of("pglist_data", "node_zones");
	k.cpu = pointer(symbol("__per_cpu_offset"));
	k.frames = pointer(symbol("vmemmap_base"));
	k.sections = pointer(pointer(symbol("mem_section")));
	close_btf();
}

/* --- what is found --- */

static const char *type_name(unsigned type)
{
	static const char *const four[] = { "U", "M", "E", "H" };

	return type < 4 ? four[type] : type + 1 == k.types ? "I" : "C";
}

/* The frames of a list, from its head on. */
static void print_frames(FILE *out, uint64_t list)
{
	for (uint64_t p = pointer(list); p != list; p = pointer(p))
		fprintf(out, " %" PRIx64, (p - k.page_lru - k.frames) / k.page);
	fprintf(out, "\n");
}

static void print_blocks(FILE *out, uint64_t zone, const char *name)
{
	uint64_t first = pointer(zone + k.zone_start) / PAGEBLOCK * PAGEBLOCK;
	uint64_t end = pointer(zone + k.zone_start) + pointer(zone + k.zone_spanned);

	fprintf(out, "blocks 0 %s first 0x%" PRIx64 " : ", name, first);
	for (uint64_t pfn = first; pfn < end; pfn += PAGEBLOCK) {
		uint64_t usage = pointer(k.sections + pfn / SECTION * k.section + k.section_usage);
		uint64_t bit = pfn % SECTION / PAGEBLOCK * 4;

		fprintf(
		    out, "%s",
		    type_name((unsigned)(at(usage + k.usage_bits + bit / 8, 1) >> bit % 8 & 7)));
	}
	fprintf(out, "\n");
}

static void print_cpu(FILE *out, uint64_t zone, const char *name)
{
	uint64_t pcp = pointer(zone + k.zone_pcp) + k.cpu;
	uint64_t stats = pointer(zone + k.zone_stats) + k.cpu;

	fprintf(
	    out,
	    "pcp 0 %s cpu 0 count %d high %d batch %d free_factor %d expire %d stat_threshold %d "
	    "free_diff %d\n",
	    name, word(pcp + k.pcp_count), word(pcp + k.pcp_high), word(pcp + k.pcp_batch),
	    (int)(int16_t)at(pcp + k.pcp_factor, 2), (int)(int16_t)at(pcp + k.pcp_expire, 2),
	    (int)(int8_t)at(stats + k.stats_threshold, 1),
	    (int)(int8_t)at(stats + k.stats_diff, 1));
	for (unsigned i = 0; i < NR_PCP_LISTS; i++) {
		uint64_t list = pcp + k.pcp_lists + i * 16;
		unsigned order = i / PCP_TYPES;

		if (pointer(list) == list)
			continue;
		fprintf(out, "pcplist 0 %s cpu 0 idx %u order %u %s :", name, i,
			order < 4 ? order : PCP_HUGE_ORDER, type_name(i % PCP_TYPES));
		print_frames(out, list);
		fprintf(out, "pcptype 0 %s cpu 0 idx %u : ", name, i);
		for (uint64_t p = pointer(list); p != list; p = pointer(p))
			fprintf(out, "%s", type_name(i % PCP_TYPES));
		fprintf(out, "\n");
	}
}

static void print_zone(FILE *out, uint64_t zone)
{
	char name[8] = "";

	for (unsigned i = 0; i + 1 < sizeof(name); i++)
		if (!(name[i] = (char)at(pointer(zone + k.zone_name) + i, 1)))
			break;
	fprintf(out,
		"zonemisc 0 %s nr_reserved_highatomic %" PRIu64 " nr_isolate_pageblock %" PRIu64
		" flags 0x%" PRIx64 " percpu_drift_mark %" PRIu64
		" pageset_high %d pageset_batch %d nr_free %" PRId64 "\n",
		name, pointer(zone + k.zone_highatomic), pointer(zone + k.zone_isolated),
		pointer(zone + k.zone_flags), pointer(zone + k.zone_drift),
		word(zone + k.zone_high), word(zone + k.zone_batch),
		(int64_t)pointer(zone + k.zone_stat));
	print_cpu(out, zone, name);
	print_blocks(out, zone, name);
	for (unsigned order = 0; order < k.orders; order++)
		for (unsigned type = 0; type < k.types; type++) {
			uint64_t list =
			    zone + k.zone_area + order * k.area + k.area_free + type * 16;

			if (pointer(list) == list)
				continue;
			fprintf(out, "free 0 %s order %u %s :", name, order, type_name(type));
			print_frames(out, list);
		}
}

/* --- objects --- */

/* Objects of a list of free ones: each holds the next one's address, disguised. */
static unsigned free_objects(uint64_t object)
{
	unsigned n = 0;

	for (; object; n++) {
		uint64_t link = object + (uint32_t)word(k.nodes + k.cache_link);

		object =
		    pointer(link) ^ pointer(k.nodes + k.cache_random) ^ __builtin_bswap64(link);
	}
	return n;
}

/* Those that a slab has beyond the ones in use. */
static unsigned free_of_slab(uint64_t slab)
{
	uint64_t counts = pointer(slab + k.slab_counts);

	return (unsigned)((counts >> 16 & 0x7fff) - (counts & 0xffff));
}

/* Nodes for the index of the cache that could be taken without a new slab. */
static unsigned free_nodes(void)
{
	uint64_t cpu = pointer(k.nodes + k.cache_cpu) + k.cpu;
	uint64_t list = pointer(k.nodes + k.cache_node) + k.node_partial;
	uint64_t slab = pointer(cpu + k.cpu_slab);
	unsigned n = free_objects(pointer(cpu + k.cpu_free));

	n += slab ? free_objects(pointer(slab + k.slab_free)) : 0;
	for (slab = pointer(cpu + k.cpu_partial); slab; slab = pointer(slab + k.slab_next))
		n += free_of_slab(slab);
	for (uint64_t p = pointer(list); p != list; p = pointer(p))
		n += free_of_slab(p - k.slab_list);
	return n;
}

void lists_print(FILE *out)
{
	fprintf(out, "free_nodes %u\n", free_nodes());
	for (unsigned z = 0; z < k.zones; z++)
		if (pointer(k.node + z * k.zone + k.zone_managed))
			print_zone(out, k.node + z * k.zone);
}

/* --- pages of programs --- */

/* Bits of /proc/kpageflags. */
#define KPF_LRU        (1ULL << 5)
#define KPF_ACTIVE     (1ULL << 6)
#define KPF_SWAPBACKED (1ULL << 14)
#define KPF_MLOCKED    (1ULL << 33)

/* The list that a page of programs is on; NULL: it is none. */
static const char *list_of(uint64_t flags)
{
	if (!(flags & KPF_LRU))
		return NULL;
	if (flags & KPF_MLOCKED)
		return "mlocked";
	if (!(flags & KPF_SWAPBACKED))
		return NULL;
	return flags & KPF_ACTIVE ? "active" : "inactive";
}

void lists_print_lru(FILE *out)
{
	static uint64_t flags[PAGEBLOCK];
	int file = open("/proc/kpageflags", O_RDONLY);
	const char *list = NULL;
	uint64_t first = 0, pfn = 0;
	ssize_t n;

	if (file < 0)
		fail("/proc/kpageflags");
	while ((n = read(file, flags, sizeof(flags))) > 0) {
		for (ssize_t i = 0; i < n / 8; i++, pfn++) {
			const char *next = list_of(flags[i]);

			if (next == list)
				continue;
			if (list)
				fprintf(out, "lru %s %" PRIu64 " %" PRIu64 "\n", list, first,
					pfn - first);
			list = next;
			first = pfn;
		}
	}
	if (list)
		fprintf(out, "lru %s %" PRIu64 " %" PRIu64 "\n", list, first, pfn - first);
	close(file);
}
