/*
 * guest_lru.c - pages of programs and files as they were found before the start of a guest
 *
 *	process 160 r1 mmap_base 7fea7c2a8000
 *	anon_vma ID root ID parent ID
 *	area 160 4ce000 4d1000 flags 8100073 pgoff ce file ID anon_vma ID : ID ID
 *	table 160 level 0 400000 5a31
 *	entry 160 4cf000 b0f3 : young dirty write
 *	page inactive_anon b0f3 anon ID index ce refs 1 : uptodate,swapbacked
 *	file ID tmpfs size 4096
 *
 * Addresses and frames are hexadecimal; an ID is any such number.  Pages of a list stand
 * head first.  The file is read several times: what a record speaks of may come behind it.
 */
#include "models/linux/verify/guest_lru.h"

#include <stdlib.h>
#include <string.h>

#include "models/linux/mappings/adopt.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/verify/alloc_records.h"

#define PATH "before/lru.txt"

const char *const guest_lru_names[LRU_UNEVICTABLE] = {
	[LRU_INACTIVE_ANON] = "inactive_anon",
	[LRU_ACTIVE_ANON] = "active_anon",
	[LRU_INACTIVE_FILE] = "inactive_file",
	[LRU_ACTIVE_FILE] = "active_file",
};

/* Of vm_area_struct.vm_flags those that mean something here. */
#define KNOWN_VM_FLAGS                                                                             \
	(VM_READ | VM_WRITE | VM_EXEC | VM_SHARED | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |        \
	 VM_MAYSHARE | VM_LOCKED | VM_SEQ_READ | VM_RAND_READ | VM_LOCKONFAULT | VM_ACCOUNT |      \
	 VM_NORESERVE | VM_SOFTDIRTY | VM_HUGEPAGE | VM_NOHUGEPAGE)

/* What an ID stands for. */
struct known {
	uint64_t id;
	void *what; /* struct file, struct anon_vma */
};

struct known_table {
	struct known *v; /* owned */
	size_t n, cap;
};

struct lru_reader {
	struct dump_reader d;
	struct task *t;
	struct known_table files, anon_vmas;
};

static struct lru_reader *reader(struct dump_reader *d)
{
	return CONTAINER_OF(d, struct lru_reader, d);
}

/* ---- words ---- */

static uint64_t hex(struct dump_reader *d, char **words)
{
	const char *word = verify_word(words);
	char *end;
	uint64_t v = strtoull(word, &end, 16);

	if (!*word || *end)
		dump_wrong(d, "a hexadecimal number is missing");
	return v;
}

/* The hexadecimal number behind a key. */
static uint64_t hex_field(struct dump_reader *d, const char *record, const char *key)
{
	char *name = str_format(" %s ", key);
	const char *at = strstr(record, name);
	char *end = NULL;
	uint64_t v = at ? strtoull(at + strlen(name), &end, 16) : 0;

	if (!at || end == at + strlen(name))
		dump_wrong(d, "a field is missing");
	sim_free(name);
	return v;
}

/* ---- IDs ---- */

static struct known *find_known(const struct known_table *table, uint64_t id)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->v[i].id == id)
			return &table->v[i];
	return NULL;
}

static void *lookup(const struct known_table *table, uint64_t id)
{
	const struct known *known = find_known(table, id);

	return known ? known->what : NULL;
}

static void learn(struct known_table *table, uint64_t id, void *what)
{
	void *array = table->v;

	sim_grow(&array, &table->cap, table->n + 1, sizeof(*table->v));
	table->v = array;
	table->v[table->n++] = (struct known){ id, what };
}

/* ---- files and programs ---- */

/* Those in memory.  Pages of others stay where they are, on no list. */
static void read_file(struct dump_reader *d, const char *record, char *words)
{
	struct lru_reader *r = reader(d);
	uint64_t id = hex(d, &words);
	const char *type = verify_word(&words);
	int64_t size = dump_field(d, record, "size", INT64_MAX);

	if (strcmp(type, "rootfs") == 0 || strcmp(type, "tmpfs") == 0)
		learn(&r->files, id, shmem_adopt(r->t, (bytes_t)size));
}

static void read_process(struct dump_reader *d, const char *record, char *words)
{
	int pid = (int)dump_number(d, &words, INT32_MAX);
	struct mm_struct *mm = mm_adopt(d->vm, verify_word(&words), pid);

	mm->mmap_base = hex_field(d, record, "mmap_base");
}

/* The address space of a process, by the number that a record begins with. */
static struct mm_struct *read_pid(struct dump_reader *d, char **words)
{
	int pid = (int)dump_number(d, words, INT32_MAX);
	const struct mm_table *mms = d->vm->mms;

	for (int i = 0; mms && i < mms->n; i++)
		if (mms->mm[i]->pid == pid)
			return mms->mm[i];
	dump_wrong(d, "no such process");
	return NULL;
}

static void read_anon_vma(struct dump_reader *d, const char *record, char *words)
{
	struct lru_reader *r = reader(d);
	uint64_t id = hex(d, &words);
	struct anon_vma *root, *parent, *av;

	if (d->failed || lookup(&r->anon_vmas, id))
		return;
	av = anon_vma_adopt(d->vm);
	learn(&r->anon_vmas, id, av);
	root = lookup(&r->anon_vmas, hex_field(d, record, "root"));
	parent = lookup(&r->anon_vmas, hex_field(d, record, "parent"));
	/* older ones, whose areas are gone, are of no use */
	anon_vma_adopt_parent(av, root ? root : av, root && parent ? parent : av);
}

static void read_area(struct dump_reader *d, const char *record, char *words)
{
	struct lru_reader *r = reader(d);
	struct mm_struct *mm = read_pid(d, &words);
	uint64_t start = hex(d, &words), end = hex(d, &words), own;
	unsigned flags = (unsigned)hex_field(d, record, "flags");
	struct anon_vma *chain[64];
	struct vm_area_struct *vma;
	int n = 0;

	if (d->failed || (flags & VM_SPECIAL))
		return;
	vma = vma_adopt(mm, start, end, flags & KNOWN_VM_FLAGS, hex_field(d, record, "pgoff"),
			lookup(&r->files, hex_field(d, record, "file")));
	own = hex_field(d, record, "anon_vma");
	dump_skip_colon(d, &words);
	while (*words && n < (int)ARRAY_LEN(chain) && !d->failed) {
		chain[n] = lookup(&r->anon_vmas, hex(d, &words));
		if (!chain[n++])
			dump_wrong(d, "no such anon_vma");
	}
	while (n-- && !d->failed)
		anon_vma_adopt_area(chain[n], vma, chain[n] == lookup(&r->anon_vmas, own));
}

/* The frame at a word; 0 after reporting: it is free, or none of this machine. */
static uint64_t used_frame(struct dump_reader *d, char **words)
{
	uint64_t pfn;

	if (d->failed || !dump_frame(d, words, &pfn))
		return 0;
	if (!alloc_frame_is_free(d->vm, pfn))
		return pfn;
	dump_wrong(d, "a frame that is free as well");
	return 0;
}

static void read_table(struct dump_reader *d, const char *record, char *words)
{
	struct mm_struct *mm = read_pid(d, &words);
	int64_t level = dump_field(d, record, "level", PT_PGD);
	uint64_t addr, pfn;

	verify_word(&words);
	verify_word(&words);
	addr = hex(d, &words);
	pfn = used_frame(d, &words);
	if (pfn && !page_table_adopt(mm, (enum pt_level)level, addr, pfn))
		dump_wrong(d, "no table above this one, or another one in its place");
}

/* ---- pages ---- */

static uint32_t page_flags(const char *words)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = { { "referenced", PG_referenced },
		      { "uptodate", PG_uptodate },
		      { "dirty", PG_dirty },
		      { "active", PG_active },
		      { "workingset", PG_workingset },
		      { "reclaim", PG_reclaim },
		      { "swapbacked", PG_swapbacked },
		      { "mappedtodisk", PG_mappedtodisk },
		      { "unevictable", PG_unevictable },
		      { "mlocked", PG_mlocked } };
	uint32_t v = 0;

	for (const char *p = words; *p; p += strcspn(p, ","), p += *p == ',')
		for (size_t i = 0; i < ARRAY_LEN(flags); i++)
			if (strcspn(p, ",") == strlen(flags[i].name) &&
			    memcmp(p, flags[i].name, strlen(flags[i].name)) == 0)
				v |= flags[i].flag;
	return v;
}

/* What a page is.  False: of a file that is not known here. */
static bool make_page(struct dump_reader *d, struct page *page, const char *record, char *words)
{
	struct lru_reader *r = reader(d);
	bool anon = strcmp(verify_word(&words), "anon") == 0;
	uint64_t id = hex(d, &words), index = hex_field(d, record, "index");
	const struct anon_vma *av = anon ? lookup(&r->anon_vmas, id) : NULL;
	struct file *f = anon ? NULL : lookup(&r->files, id);

	if (d->failed || page->refcount || !(av || f))
		return false;
	dump_skip_colon(d, &words);
	page->flags = page_flags(verify_word(&words)) | (anon ? PG_anon : 0);
	page->refcount = (int32_t)dump_field(d, record, "refs", INT32_MAX);
	if (page->flags & PG_mlocked)
		page_zone(d->vm, page)->stat.nr_mlock++;
	if (f) {
		shmem_adopt_page(f, index, page);
		return true;
	}
	page->mapping = av->id;
	page->index = index;
	return true;
}

/* A page that waits to be locked: that is done now. */
static void settle_mlock(struct dump_reader *d, struct page *page)
{
	const struct vm_area_struct locked = { .vm_flags = VM_LOCKED };

	if (page->flags & PG_lru)
		mlock_vma_page(d->vm, page, &locked);
	else
		lru_cache_add_inactive_or_unevictable(d->vm, reader(d)->t->cpu, page, &locked);
}

static void put_in_batch(struct dump_reader *d, struct page *page, const char *name)
{
	page->refcount--; /* the batch's: counted anew */
	if (strcmp(name, "batch_mlock") == 0 || strcmp(name, "batch_mlock_new") == 0)
		settle_mlock(d, page);
	else if (!lru_batch_adopt(d->vm, reader(d)->t->cpu, name, page))
		dump_wrong(d, "no list of this name");
}

static void read_page(struct dump_reader *d, const char *record, char *words)
{
	const char *list = verify_word(&words);
	struct page *page;
	uint64_t pfn;

	pfn = used_frame(d, &words);
	if (!pfn)
		return;
	page = pfn_to_page(d->vm, pfn);
	if (strncmp(list, "batch_", 6) == 0) {
		if (page->refcount || make_page(d, page, record, words))
			put_in_batch(d, page, list);
		return;
	}
	if (!make_page(d, page, record, words))
		return;
	lruvec_add_page_tail(d->vm, page);
	if (page->flags & PG_unevictable)
		page->next = (uint32_t)dump_field(d, record, "mlocks", INT32_MAX);
}

static void read_entry(struct dump_reader *d, const char *record, char *words)
{
	struct mm_struct *mm = read_pid(d, &words);
	uint64_t addr = hex(d, &words), pfn;
	struct vm_area_struct *vma = mm ? vma_lookup(mm, addr) : NULL;
	const struct page_table *table;
	uint8_t bits = PTE_PRESENT;

	if (!dump_frame(d, &words, &pfn) || !vma || strstr(record, " special") ||
	    !pfn_to_page(d->vm, pfn)->refcount)
		return;
	table = pte_table(mm, addr);
	if (!table || pte_get(table, pte_index(addr)).bits) {
		dump_wrong(d, "no table for this entry, or another one in its place");
		return;
	}
	bits |= strstr(record, " young") ? PTE_YOUNG : 0;
	bits |= strstr(record, " dirty") ? PTE_DIRTY : 0;
	bits |= strstr(record, " write") ? PTE_WRITE : 0;
	pte_adopt(vma, addr, pfn, bits);
}

/* ---- the node ---- */

static void read_lruvec(struct dump_reader *d, const char *record, char *words)
{
	struct lruvec *l = &d->vm->nodes[0].lruvec;

	(void)words;
	l->anon_cost = (uint64_t)dump_field(d, record, "anon_cost", INT64_MAX);
	l->file_cost = (uint64_t)dump_field(d, record, "file_cost", INT64_MAX);
	l->nonresident_age = (uint64_t)dump_field(d, record, "nonresident_age", INT64_MAX);
	l->refaults[ANON] = (uint64_t)dump_field(d, record, "refaults_anon", INT64_MAX);
	l->refaults[FILE_] = (uint64_t)dump_field(d, record, "refaults_file", INT64_MAX);
}

static void read_kswapd(struct dump_reader *d, const char *record, char *words)
{
	struct pglist_data *node = &d->vm->nodes[0];

	(void)words;
	node->kswapd_order = (int)dump_field(d, record, "order", MAX_ORDER - 1);
	node->kswapd_failures = (int)dump_field(d, record, "failures", INT32_MAX);
}

/* Its looks are so many ticks apart, so that any of them says when all of them are. */
static void read_kcompactd(struct dump_reader *d, const char *record, char *words)
{
	int64_t at;

	(void)words;
	if (!verify_field(record, "wakes_at", &at) || at < 0) {
		dump_wrong(d, "wakes_at is missing");
		return;
	}
	d->vm->nodes[0].kcompactd_looks_at = (uint64_t)at;
}

/* What the CPU keeps of a counter to itself; the exact value is there. */
static void read_nodestat(struct dump_reader *d, const char *record, char *words)
{
	static const char *const names[NR_VM_NODE_STAT_ITEMS] = {
		[NR_INACTIVE_ANON] = "NR_INACTIVE_ANON",
		[NR_ACTIVE_ANON] = "NR_ACTIVE_ANON",
		[NR_INACTIVE_FILE] = "NR_INACTIVE_FILE",
		[NR_ACTIVE_FILE] = "NR_ACTIVE_FILE",
		[WORKINGSET_ACTIVATE_ANON] = "WORKINGSET_ACTIVATE_ANON",
		[WORKINGSET_ACTIVATE_FILE] = "WORKINGSET_ACTIVATE_FILE",
	};
	struct pglist_data *node = &d->vm->nodes[0];
	const char *name = verify_word(&words);
	int64_t diff;

	if (!verify_field(record, "diff", &diff) || diff > INT8_MAX || diff < INT8_MIN) {
		dump_wrong(d, "diff is missing or out of range");
		return;
	}
	for (int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++) {
		int *kept = &node->per_cpu_nodestats[0].vm_node_stat_diff[i];

		if (!names[i] || strcmp(names[i], name) != 0)
			continue;
		node->vm_stat[i] += *kept - diff;
		*kept = (int)diff;
	}
}

/* The same of the size of a list in a zone. */
static void read_zonestat(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = alloc_find_zone(d->vm, 0, verify_word(&words));
	const char *name = verify_word(&words);
	int64_t diff;

	if (!zone || !populated_zone(zone) || !verify_field(record, "diff", &diff) ||
	    diff > INT8_MAX || diff < INT8_MIN) {
		dump_wrong(d, "no zone of this machine, or diff is missing");
		return;
	}
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		if (strcmp(guest_lru_names[lru], name) != 0)
			continue;
		d->vm->nodes[0].lruvec.lru_zone_seen[zone->idx][lru] +=
		    zone->pcp[0].lru_diff[lru] - diff;
		zone->pcp[0].lru_diff[lru] = (int)diff;
	}
}

static void read_compaction(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = alloc_find_zone(d->vm, 0, verify_word(&words));
	struct zone_compaction *z = zone ? &zone->compaction : NULL;

	if (!z) {
		dump_wrong(d, "no zone of this machine");
		return;
	}
	verify_word(&words);
	z->cached_migrate_pfn[0] = hex(d, &words);
	z->cached_migrate_pfn[1] = hex(d, &words);
	z->cached_free_pfn = hex_field(d, record, "cached_free");
	z->considered = (unsigned)dump_field(d, record, "considered", INT32_MAX);
	z->defer_shift = (unsigned)dump_field(d, record, "defer_shift", 6);
	z->order_failed = (int)dump_field(d, record, "order_failed", MAX_ORDER);
}

/* ---- all of it ---- */

bool guest_lru_found(const struct verify_case *c)
{
	return verify_exists(c, PATH);
}

bool guest_lru_adopt(struct verify_case *c, struct task *t)
{
	static const struct dump_kind files[] = { { "file", read_file } };
	static const struct dump_kind programs[] = { { "process", read_process },
						     { "anon_vma", read_anon_vma },
						     { "area", read_area },
						     { "table", read_table } };
	static const struct dump_kind pages[] = { { "page", read_page } };
	static const struct dump_kind rest[] = {
		{ "entry", read_entry },          { "lruvec", read_lruvec },
		{ "kswapd", read_kswapd },        { "kcompactd", read_kcompactd },
		{ "nodestat", read_nodestat },    { "zonestat", read_zonestat },
		{ "compaction", read_compaction }
	};
	struct lru_reader r = { .d = { .c = c, .path = PATH, .vm = task_vm(t) }, .t = t };
	bool ok;

	ok = dump_read(&r.d, files, ARRAY_LEN(files)) &&
	     dump_read(&r.d, programs, ARRAY_LEN(programs)) &&
	     dump_read(&r.d, pages, ARRAY_LEN(pages)) && dump_read(&r.d, rest, ARRAY_LEN(rest));
	sim_free(r.files.v);
	sim_free(r.anon_vmas.v);
	return ok;
}

void guest_lru_give(struct task *t, const char *name)
{
	const struct mm_table *mms = task_vm(t)->mms;

	for (int i = 0; mms && i < mms->n; i++) {
		if (strcmp(mms->mm[i]->name, name) != 0)
			continue;
		task_struct(t)->mm = mms->mm[i];
		mms->mm[i]->pid = t->pid;
	}
}

/* ---- what operations use ---- */

/* Memory behind the data of a program's file. */
static bool is_bss(const struct mm_struct *mm, int i)
{
	return i && !mm->vma[i]->vm_file && mm->vma[i - 1]->vm_file &&
	       mm->vma[i - 1]->vm_end == mm->vma[i]->vm_start;
}

/* The area of this length that no other process has. */
static bool is_buffer(const struct vm_area_struct *vma, bytes_t buffer)
{
	const struct list *chain = &vma->anon_vma_chain;

	return buffer && !vma->vm_file && vma->vm_end - vma->vm_start == buffer &&
	       !list_empty(chain) && chain->next->next == chain;
}

static void note_use(uint64_t *list, int *n, uint64_t addr)
{
	if (*n < GUEST_USES)
		list[(*n)++] = addr;
}

void guest_lru_uses(struct task *t, bytes_t buffer, struct guest_uses *uses)
{
	struct mm_struct *mm = task_struct(t)->mm;

	*uses = (struct guest_uses){ 0 };
	for (int i = 0; mm && i < mm->nr_vmas; i++) {
		const struct vm_area_struct *vma = mm->vma[i];

		if (is_buffer(vma, buffer)) {
			uses->buffer = vma->vm_start;
			continue;
		}
		for (uint64_t addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE) {
			const struct page_table *table = pte_table(mm, addr);
			struct pte pte = { 0 };

			if (table)
				pte = pte_get(table, pte_index(addr));
			/* its own: copied when it wrote to it */
			if (!(pte.bits & PTE_WRITE) || (vma->vm_flags & VM_SHARED))
				continue;
			if (is_bss(mm, i)) /* numbers are read by the language that stands there */
				note_use(uses->step, &uses->nr_step, addr);
			else if (vma->vm_file) /* so does, in data, whether it has one thread */
				note_use(uses->call, &uses->nr_call, addr);
			else
				note_use(uses->addr, &uses->n, addr);
		}
	}
}
