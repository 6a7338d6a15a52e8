/*
 * lru.c - pages of programs and files in the running kernel: what they are, who maps them, and in
 * which order they lie on the lists of reclaim
 *
 * One CPU, one node, no control groups, no large pages.  Pages of a ramfs are only counted: they
 * are neither reclaimed nor moved.
 */
#include "lists.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "kernel.h"

#define PAGE           4096
#define PAGES_AT_ONCE  64
#define ENTRIES        512
#define NR_LRU         5
#define UNEVICTABLE    4
#define AS_UNEVICTABLE 8 /* bit 3 of address_space.flags */
#define MAPPING_ANON   1 /* in page.mapping: it is an anon_vma */
#define FRAME_MASK     UINT64_C(0x000ffffffffff000)
#define KERNEL_HALF    256 /* entries of the top table from here on */
#define MAX_FILES      64

/* Bits of an entry of a page table. */
enum {
	ENTRY_PRESENT = 1,
	ENTRY_WRITE = 2,
	ENTRY_YOUNG = 32,
	ENTRY_DIRTY = 64,
	ENTRY_SPECIAL = 512
};

/* --- what is looked for --- */

static const char *const flag_names[] = { "locked",  "referenced", "uptodate",     "dirty",
					  "active",  "workingset", "private",      "writeback",
					  "reclaim", "swapbacked", "mappedtodisk", "unevictable",
					  "mlocked" };
#define NR_FLAGS (sizeof(flag_names) / sizeof(*flag_names))

static const char *const list_names[] = { "inactive_anon", "active_anon", "inactive_file",
					  "active_file", "unevictable" };

/* Counters of a node of which CPUs keep a part; of a zone those of its lists. */
static const char *const stat_names[] = { "NR_INACTIVE_ANON",         "NR_ACTIVE_ANON",
					  "NR_INACTIVE_FILE",         "NR_ACTIVE_FILE",
					  "WORKINGSET_ACTIVATE_ANON", "WORKINGSET_ACTIVATE_FILE" };
#define NR_STATS (sizeof(stat_names) / sizeof(*stat_names))

static const char *const zone_stat_names[] = { "NR_ZONE_INACTIVE_ANON", "NR_ZONE_ACTIVE_ANON",
					       "NR_ZONE_INACTIVE_FILE", "NR_ZONE_ACTIVE_FILE" };

static struct {
	uint64_t node, cpu, frames, direct_map, init_task,
	    max_pfn;                     /* addresses; max_pfn a number */
	uint64_t batches, rotate, mlock; /* of the CPU */
	uint64_t page, page_flags, page_lru, page_mapping, page_index, page_refcount, page_mlocks;
	unsigned flag[NR_FLAGS], flag_lru, stat[NR_STATS], zone_stat[UNEVICTABLE];
	uint64_t lruvec_lists, anon_cost, file_cost, age, refaults;
	uint64_t kswapd_order, kswapd_zone, kswapd_failures, node_stats, cpu_stats, cpu_diff;
	uint64_t zone, zones, zone_name, zone_managed, zone_cpu, zone_diff, cached_free,
	    cached_migrate, considered, defer_shift, order_failed;
	unsigned nr_zones;
	uint64_t timers, wheel, kcompactd, timer_expires, timer_function, timer_task;
	unsigned buckets;
	uint64_t process_timeout; /* what a timer calls that ends a sleep */
	uint64_t task_next, task_mm, task_comm, task_pid, mm_areas, mm_top, mm_base, tree_root;
	uint64_t start, end, vma_mm, vma_flags, vma_pgoff, vma_file, vma_anon, vma_chain;
	uint64_t file_mapping, mapping_host, mapping_flags, inode_size, inode_sb, sb_type,
	    type_name;
	uint64_t chain_anon, chain_next, anon_root, anon_parent;
	uint64_t batch_add, batch_deactivate_file, batch_deactivate, batch_lazyfree, batch_activate,
	    batch_pages, rotate_batch, mlock_batch;
} k;

static uint64_t files[MAX_FILES];
static int nr_files;

static void find_pages(void)
{
	k.page = size_of("page");
	k.page_flags = offset_of("page", "flags");
	k.page_lru = offset_of("page", "lru");
	k.page_mapping = offset_of("page", "mapping");
	k.page_index = offset_of("page", "index");
	k.page_refcount = offset_of("page", "_refcount");
	k.page_mlocks = offset_of("page", "mlock_count");
	for (size_t i = 0; i < NR_FLAGS; i++) {
		char name[32] = "PG_";

		k.flag[i] = enumerator("pageflags", strcat(name, flag_names[i]));
	}
	k.flag_lru = enumerator("pageflags", "PG_lru");
	k.batch_add = offset_of("cpu_fbatches", "lru_add");
	k.batch_deactivate_file = offset_of("cpu_fbatches", "lru_deactivate_file");
	k.batch_deactivate = offset_of("cpu_fbatches", "lru_deactivate");
	k.batch_lazyfree = offset_of("cpu_fbatches", "lru_lazyfree");
	k.batch_activate = offset_of("cpu_fbatches", "activate");
	k.batch_pages = offset_of("folio_batch", "folios");
	k.rotate_batch = offset_of("lru_rotate", "fbatch");
	k.mlock_batch = offset_of("mlock_pvec", "vec");
}

static void find_node(void)
{
	uint64_t lruvec = offset_of("pglist_data", "__lruvec");

	k.lruvec_lists = lruvec + offset_of("lruvec", "lists");
	k.anon_cost = lruvec + offset_of("lruvec", "anon_cost");
	k.file_cost = lruvec + offset_of("lruvec", "file_cost");
	k.age = lruvec + offset_of("lruvec", "nonresident_age");
	k.refaults = lruvec + offset_of("lruvec", "refaults");
	k.kswapd_order = offset_of("pglist_data", "kswapd_order");
	k.kswapd_zone = offset_of("pglist_data", "kswapd_highest_zoneidx");
	k.kswapd_failures = offset_of("pglist_data", "kswapd_failures");
	k.node_stats = offset_of("pglist_data", "vm_stat");
	k.cpu_stats = offset_of("pglist_data", "per_cpu_nodestats");
	k.cpu_diff = offset_of("per_cpu_nodestat", "vm_node_stat_diff");
	for (size_t i = 0; i < NR_STATS; i++)
		k.stat[i] = enumerator("node_stat_item", stat_names[i]);
	k.zones = offset_of("pglist_data", "node_zones");
	k.nr_zones = elements("pglist_data", "node_zones");
	k.zone = size_of("zone");
	k.zone_name = offset_of("zone", "name");
	k.zone_managed = offset_of("zone", "managed_pages");
	k.zone_cpu = offset_of("zone", "per_cpu_zonestats");
	k.zone_diff = offset_of("per_cpu_zonestat", "vm_stat_diff");
	for (size_t i = 0; i < UNEVICTABLE; i++)
		k.zone_stat[i] = enumerator("zone_stat_item", zone_stat_names[i]);
	k.cached_free = offset_of("zone", "compact_cached_free_pfn");
	k.cached_migrate = offset_of("zone", "compact_cached_migrate_pfn");
	k.considered = offset_of("zone", "compact_considered");
	k.defer_shift = offset_of("zone", "compact_defer_shift");
	k.order_failed = offset_of("zone", "compact_order_failed");
}

static void find_timers(void)
{
	k.wheel = offset_of("timer_base", "vectors");
	k.buckets = elements("timer_base", "vectors");
	k.timer_expires = offset_of("timer_list", "expires");
	k.timer_function = offset_of("timer_list", "function");
	k.timer_task = offset_of("process_timer", "task");
	k.kcompactd = offset_of("pglist_data", "kcompactd");
	k.process_timeout = symbol("process_timeout");
}

static void find_programs(void)
{
	k.task_next = offset_of("task_struct", "tasks");
	k.task_mm = offset_of("task_struct", "mm");
	k.task_comm = offset_of("task_struct", "comm");
	k.task_pid = offset_of("task_struct", "pid");
	k.mm_areas = offset_of("mm_struct", "mm_mt");
	k.mm_top = offset_of("mm_struct", "pgd");
	k.mm_base = offset_of("mm_struct", "mmap_base");
	k.tree_root = offset_of("maple_tree", "ma_root");
	k.start = offset_of("vm_area_struct", "vm_start");
	k.end = offset_of("vm_area_struct", "vm_end");
	k.vma_mm = offset_of("vm_area_struct", "vm_mm");
	k.vma_flags = offset_of("vm_area_struct", "vm_flags");
	k.vma_pgoff = offset_of("vm_area_struct", "vm_pgoff");
	k.vma_file = offset_of("vm_area_struct", "vm_file");
	k.vma_anon = offset_of("vm_area_struct", "anon_vma");
	k.vma_chain = offset_of("vm_area_struct", "anon_vma_chain");
	k.chain_anon = offset_of("anon_vma_chain", "anon_vma");
	k.chain_next = offset_of("anon_vma_chain", "same_vma");
	k.anon_root = offset_of("anon_vma", "root");
	k.anon_parent = offset_of("anon_vma", "parent");
	k.file_mapping = offset_of("file", "f_mapping");
	k.mapping_host = offset_of("address_space", "host");
	k.mapping_flags = offset_of("address_space", "flags");
	k.inode_size = offset_of("inode", "i_size");
	k.inode_sb = offset_of("inode", "i_sb");
	k.sb_type = offset_of("super_block", "s_type");
	k.type_name = offset_of("file_system_type", "name");
}

void lru_open(void)
{
	find_pages();
	find_node();
	find_timers();
	find_programs();
	k.node = pointer(symbol("node_data"));
	k.cpu = pointer(symbol("__per_cpu_offset"));
	k.timers = symbol("timer_bases") + k.cpu;
	k.frames = pointer(symbol("vmemmap_base"));
	k.direct_map = pointer(symbol("page_offset_base"));
	k.init_task = symbol("init_task");
	k.max_pfn = pointer(symbol("max_pfn"));
	k.batches = symbol("cpu_fbatches") + k.cpu;
	k.rotate = symbol("lru_rotate") + k.cpu;
	k.mlock = symbol("mlock_pvec") + k.cpu;
}

/* --- names --- */

/* A file is named by the address of its mapping, and told of once. */
static void note_file(uint64_t mapping)
{
	for (int i = 0; i < nr_files; i++)
		if (files[i] == mapping)
			return;
	if (nr_files < MAX_FILES)
		files[nr_files++] = mapping;
}

static void print_files(FILE *out)
{
	for (int i = 0; i < nr_files; i++) {
		uint64_t inode = pointer(files[i] + k.mapping_host);
		char type[16];

		read_name(pointer(pointer(pointer(inode + k.inode_sb) + k.sb_type) + k.type_name),
			  type, sizeof(type));
		fprintf(out, "file %" PRIx64 " %s size %" PRIu64 "\n", files[i], type,
			pointer(inode + k.inode_size));
	}
}

/* --- pages --- */

static void print_page(FILE *out, const char *list, const char *page, uint64_t pfn)
{
	uint64_t flags, mapping, index;
	int32_t refcount;
	uint32_t mlocks;
	const char *between = "";

	memcpy(&flags, page + k.page_flags, 8);
	memcpy(&mapping, page + k.page_mapping, 8);
	memcpy(&index, page + k.page_index, 8);
	memcpy(&refcount, page + k.page_refcount, 4);
	memcpy(&mlocks, page + k.page_mlocks, 4);
	if (mapping && !(mapping & MAPPING_ANON))
		note_file(mapping);
	fprintf(out, "page %s %" PRIx64 " %s %" PRIx64 " index %" PRIx64 " refs %d", list, pfn,
		mapping & MAPPING_ANON ? "anon" : "file", mapping & ~(uint64_t)3, index, refcount);
	if (strcmp(list, list_names[UNEVICTABLE]) == 0)
		fprintf(out, " mlocks %u", mlocks);
	fprintf(out, " : ");
	for (size_t i = 0; i < NR_FLAGS; i++)
		if (flags >> k.flag[i] & 1) {
			fprintf(out, "%s%s", between, flag_names[i]);
			between = ",";
		}
	fprintf(out, "\n");
}

static void print_page_at(FILE *out, const char *list, uint64_t address)
{
	char page[128];

	read_kernel(address, page, k.page);
	print_page(out, list, page, (address - k.frames) / k.page);
}

static bool of_ramfs(const char *page)
{
	static uint64_t last, last_flags; /* most are of one file */
	uint64_t mapping;

	memcpy(&mapping, page + k.page_mapping, 8);
	if (!mapping || (mapping & MAPPING_ANON))
		return false;
	if (mapping != last)
		last_flags = pointer(mapping + k.mapping_flags);
	last = mapping;
	return last_flags & AS_UNEVICTABLE;
}

/* Records of pages, some at a time; where there is no memory they are all zeroes. */
static void read_pages(uint64_t pfn, char *to)
{
	if (try_read_kernel(k.frames + pfn * k.page, to, PAGES_AT_ONCE * k.page))
		return;
	memset(to, 0, PAGES_AT_ONCE * k.page);
	for (uint64_t i = 0; i < PAGES_AT_ONCE; i++)
		try_read_kernel(k.frames + (pfn + i) * k.page, to + i * k.page, k.page);
}

/* They lie on no list: all frames are looked at. */
static void print_unevictable(FILE *out)
{
	static char pages[PAGES_AT_ONCE * 128];
	unsigned ramfs = 0;

	for (uint64_t pfn = 0; pfn < k.max_pfn; pfn += PAGES_AT_ONCE) {
		read_pages(pfn, pages);
		for (uint64_t i = 0; i < PAGES_AT_ONCE && pfn + i < k.max_pfn; i++) {
			const char *page = pages + i * k.page;
			uint64_t flags;

			memcpy(&flags, page + k.page_flags, 8);
			if (!(flags >> k.flag_lru & 1) || !(flags >> k.flag[11] & 1))
				continue;
			if (of_ramfs(page))
				ramfs++;
			else
				print_page(out, list_names[UNEVICTABLE], page, pfn + i);
		}
	}
	fprintf(out, "ramfs %u\n", ramfs);
}

static void print_batch(FILE *out, const char *name, uint64_t batch)
{
	unsigned nr = (unsigned)at(batch, 1);

	for (unsigned i = 0; i < nr; i++)
		print_page_at(out, name, pointer(batch + k.batch_pages + i * 8));
}

/* In their addresses stands what is to be done with them. */
static void print_mlock_batch(FILE *out, uint64_t batch)
{
	static const char *const names[] = { "batch_munlock", "batch_mlock", "batch_mlock_new" };
	unsigned nr = (unsigned)at(batch, 1);

	for (unsigned i = 0; i < nr; i++) {
		uint64_t page = pointer(batch + k.batch_pages + i * 8);

		print_page_at(out, names[page & 3], page & ~(uint64_t)3);
	}
}

static void print_pages(FILE *out)
{
	for (unsigned lru = 0; lru < UNEVICTABLE; lru++) {
		uint64_t list = k.node + k.lruvec_lists + lru * 16;

		for (uint64_t p = pointer(list); p != list; p = pointer(p))
			print_page_at(out, list_names[lru], p - k.page_lru);
	}
	print_unevictable(out);
	print_batch(out, "batch_add", k.batches + k.batch_add);
	print_batch(out, "batch_rotate", k.rotate + k.rotate_batch);
	print_batch(out, "batch_deactivate_file", k.batches + k.batch_deactivate_file);
	print_batch(out, "batch_deactivate", k.batches + k.batch_deactivate);
	print_batch(out, "batch_lazyfree", k.batches + k.batch_lazyfree);
	print_batch(out, "batch_activate", k.batches + k.batch_activate);
	print_mlock_batch(out, k.mlock + k.mlock_batch);
}

/* --- programs --- */

/* Tables below one, and what their entries show.  Depth: the levels. */
static void print_table(FILE *out, int pid, int level, uint64_t base, uint64_t frame)
{
	uint64_t entry[ENTRIES];

	fprintf(out, "table %d level %d %" PRIx64 " %" PRIx64 "\n", pid, level, base, frame >> 12);
	read_kernel(k.direct_map + frame, entry, sizeof(entry));
	for (unsigned i = 0; i < (level == 3 ? KERNEL_HALF : ENTRIES); i++) {
		uint64_t address = base + ((uint64_t)i << (12 + 9 * level));

		if (!(entry[i] & ENTRY_PRESENT))
			continue;
		if (level)
			print_table(out, pid, level - 1, address, entry[i] & FRAME_MASK);
		else
			fprintf(out, "entry %d %" PRIx64 " %" PRIx64 " :%s%s%s%s\n", pid, address,
				(entry[i] & FRAME_MASK) >> 12,
				entry[i] & ENTRY_YOUNG ? " young" : "",
				entry[i] & ENTRY_DIRTY ? " dirty" : "",
				entry[i] & ENTRY_WRITE ? " write" : "",
				entry[i] & ENTRY_SPECIAL ? " special" : "");
	}
}

static void print_anon_vma(FILE *out, uint64_t av)
{
	fprintf(out, "anon_vma %" PRIx64 " root %" PRIx64 " parent %" PRIx64 "\n", av,
		pointer(av + k.anon_root), pointer(av + k.anon_parent));
}

static void print_area(FILE *out, int pid, uint64_t vma)
{
	uint64_t file = pointer(vma + k.vma_file), mapping = 0, chain = vma + k.vma_chain;

	if (file)
		note_file(mapping = pointer(file + k.file_mapping));
	for (uint64_t p = pointer(chain); p != chain; p = pointer(p))
		print_anon_vma(out, pointer(p - k.chain_next + k.chain_anon));
	fprintf(out,
		"area %d %" PRIx64 " %" PRIx64 " flags %" PRIx64 " pgoff %" PRIx64 " file %" PRIx64
		" anon_vma %" PRIx64 " :",
		pid, pointer(vma + k.start), pointer(vma + k.end), pointer(vma + k.vma_flags),
		pointer(vma + k.vma_pgoff), mapping, pointer(vma + k.vma_anon));
	for (uint64_t p = pointer(chain); p != chain; p = pointer(p))
		fprintf(out, " %" PRIx64, pointer(p - k.chain_next + k.chain_anon));
	fprintf(out, "\n");
}

/* The areas of a program lie in a tree of nodes of 256 bytes: up to 16 limits and 16 contents, of
 * an inner one 10.  Depth: that of the tree. */
static void print_areas(FILE *out, int pid, uint64_t mm, uint64_t node, uint64_t last)
{
	bool leaf = (node >> 3 & 15) == 1;
	unsigned room = (node >> 3 & 15) == 3 ? 10 : 16;
	uint64_t words[32], end;

	read_kernel(node & ~(uint64_t)255, words, sizeof(words));
	for (unsigned i = 0; i < room; i++) {
		uint64_t slot = words[room + i];

		end = i + 1 < room && (words[1 + i] || !i) ? words[1 + i] : last;
		if (slot && leaf && pointer(slot + k.vma_mm) == mm)
			print_area(out, pid, slot);
		else if (slot && !leaf)
			print_areas(out, pid, mm, slot, end);
		if (end >= last)
			break;
	}
}

static void print_program(FILE *out, uint64_t task)
{
	uint64_t mm = pointer(task + k.task_mm);
	int pid = integer(task + k.task_pid);
	char name[17];

	if (!mm)
		return;
	read_name(task + k.task_comm, name, sizeof(name));
	fprintf(out, "process %d %s mmap_base %" PRIx64 "\n", pid, name, pointer(mm + k.mm_base));
	print_areas(out, pid, mm, pointer(mm + k.mm_areas + k.tree_root), UINT64_MAX);
	print_table(out, pid, 3, 0, pointer(mm + k.mm_top) - k.direct_map);
}

/* --- the node --- */

#define WHEEL_BUCKETS 64 /* of one level; those of the next one are 8 times as long */

/* The tick in which kcompactd's sleep ends: a timer waits for the end of its bucket. */
static void print_kcompactd(FILE *out)
{
	uint64_t task = pointer(k.node + k.kcompactd);

	for (unsigned i = 0; i < k.buckets; i++) {
		uint64_t length = UINT64_C(1) << i / WHEEL_BUCKETS * 3;
		uint64_t timer = pointer(k.timers + k.wheel + i * sizeof(uint64_t));

		for (; timer; timer = pointer(timer)) {
			if (pointer(timer + k.timer_function) != k.process_timeout ||
			    pointer(timer + k.timer_task) != task)
				continue;
			fprintf(out, "kcompactd wakes_at %" PRIu64 "\n",
				(pointer(timer + k.timer_expires) / length + 1) * length);
		}
	}
}

static void print_node(FILE *out)
{
	uint64_t cpu = pointer(k.node + k.cpu_stats) + k.cpu;

	fprintf(out,
		"lruvec anon_cost %" PRIu64 " file_cost %" PRIu64 " nonresident_age %" PRIu64
		" refaults_anon %" PRIu64 " refaults_file %" PRIu64 "\n",
		pointer(k.node + k.anon_cost), pointer(k.node + k.file_cost),
		pointer(k.node + k.age), pointer(k.node + k.refaults),
		pointer(k.node + k.refaults + 8));
	fprintf(out, "kswapd order %d highest_zoneidx %d failures %d\n",
		integer(k.node + k.kswapd_order), integer(k.node + k.kswapd_zone),
		integer(k.node + k.kswapd_failures));
	print_kcompactd(out);
	for (size_t i = 0; i < NR_STATS; i++)
		fprintf(out, "nodestat %s sum %" PRId64 " diff %d\n", stat_names[i],
			(int64_t)pointer(k.node + k.node_stats + k.stat[i] * 8),
			(int)(int8_t)at(cpu + k.cpu_diff + k.stat[i], 1));
	for (unsigned z = 0; z < k.nr_zones; z++) {
		uint64_t zone = k.node + k.zones + z * k.zone;
		char name[16];

		if (!pointer(zone + k.zone_managed))
			continue;
		read_name(pointer(zone + k.zone_name), name, sizeof(name));
		fprintf(out,
			"compaction %s cached_migrate %" PRIx64 " %" PRIx64 " cached_free %" PRIx64
			" considered %d defer_shift %d order_failed %d\n",
			name, pointer(zone + k.cached_migrate),
			pointer(zone + k.cached_migrate + 8), pointer(zone + k.cached_free),
			integer(zone + k.considered), integer(zone + k.defer_shift),
			integer(zone + k.order_failed));
		for (size_t i = 0; i < UNEVICTABLE; i++)
			fprintf(out, "zonestat %s %s diff %d\n", name, list_names[i],
				(int)(int8_t)at(pointer(zone + k.zone_cpu) + k.cpu + k.zone_diff +
						    k.zone_stat[i],
						1));
	}
}

void lru_print(FILE *out)
{
	uint64_t task = k.init_task + k.task_next;

	nr_files = 0;
	print_node(out);
	for (uint64_t p = pointer(task); p != task; p = pointer(p))
		print_program(out, p - k.task_next);
	print_pages(out);
	print_files(out);
}
