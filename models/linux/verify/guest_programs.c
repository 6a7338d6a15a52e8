/*
 * guest_programs.c - the processes of a guest: a few steps each
 *
 *	w1 write block=64K total=3G rate=1M
 *
 * They call what programs of a scenario call.  When the run ends all are
 * killed; the last one to close a device writes out what is left.
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/task.h"
#include "models/linux/verify/guest_run.h"
#include "models/linux/writeback/writeback.h"

/*
 * Facts of the guest's programs: they ask for a sleep before every operation with a rate.  One
 * until a moment that is past is short, but a sleep: the timer fires as soon as it can.
 */
#define START_NS (2 * NS_PER_US) /* from the start to the first step */
/*
 * Opening a device: reads of stream begin so long after the start that a request which ends 93 us
 * behind their full millisecond ends their sleep, one that ends 90 us behind it does not.
 */
#define OPEN_NS (33 * NS_PER_US)
/*
 * Mapping memory, and from there to the sleep before its first page: the sum from the first sample
 * of hog-swap and mixed-60, its split from when hog-swap comes to swap, 300 operations later.
 */
#define MAP_NS         (28 * NS_PER_US)
#define FIRST_WALK_NS  (30 * NS_PER_US)
#define OPERATION_NS   1350 /* an operation beside its pages: the call, the clock, counting */
#define SLEEP_CALL_NS  2300
#define SHORT_SLEEP_NS 2800
/*
 * The same of the guest of tests/guest, from its events of hrtimers and the scheduler.  Probably
 * the code of the first step faults after the start, as children have no entries of the program's
 * file from their parent.  Opening and the first walk come after these faults.
 */
#define RIG_START_NS (50 * NS_PER_US)
#define RIG_OPEN_NS  (16 * NS_PER_US)
/* OPERATION_NS of a write: see page_write of the profile traced-guest. */
#define RIG_WRITE_NS 1235

/* ---- steps ---- */

/* What of a write or read is the same for all its operations. */
struct transfer {
	struct file *file;
	bool write;
	int64_t block, total, start, span, rate, fsync;
	uint64_t x; /* of the random offsets; 0: in order */
};

static int64_t number(struct guest_run *r, const struct guest_step *step, const char *key,
		      int64_t def)
{
	return guest_step_size(r->w, step, key, def);
}

static int64_t next_offset(struct transfer *tr, int64_t done)
{
	if (!tr->x)
		return tr->start + done % tr->span;
	tr->x = tr->x * 6364136223846793005u + 1442695040888963407u;
	return tr->start + (int64_t)((tr->x >> 33) % (uint64_t)(tr->span / tr->block)) * tr->block;
}

static void sleep_until(struct guest_process *p, struct task *t, sim_time at)
{
	task_run(t, SLEEP_CALL_NS);
	guest_process_call(p, t);
	guest_sleep_until(p->run, t, &p->sleep, at, SHORT_SLEEP_NS);
}

/* It was killed: by the end of the run, or by the kernel. */
static bool done(const struct guest_process *p)
{
	return p->run->stopped || p->task->killed;
}

static void transfer(struct guest_process *p, struct task *t, struct transfer *tr)
{
	sim_time begin = task_now(t);

	while (p->bytes < tr->total && !done(p)) {
		int64_t pos, got;
		sim_time from;

		if (tr->rate)
			sleep_until(p, t,
				    begin + mul_div_u64((uint64_t)p->bytes, NS_PER_SEC,
							(uint64_t)tr->rate));
		if (done(p))
			break;
		from = task_now(t);
		task_run(t, tr->write && p->run->w->programs_there ? RIG_WRITE_NS : OPERATION_NS);
		pos = next_offset(tr, p->bytes);
		guest_process_call(p, t);
		if (tr->write)
			guest_process_use(p, t, (bytes_t)tr->block, false);
		got = tr->write ? generic_file_write_iter(t, tr->file, &pos, (bytes_t)tr->block)
				: generic_file_read_iter(t, tr->file, &pos, (bytes_t)tr->block);
		if (got <= 0)
			break;
		if (!tr->write)
			guest_process_use(p, t, (bytes_t)got, true);
		if (tr->fsync && (p->ops + 1) % tr->fsync == 0)
			vfs_fsync(t, tr->file, false);
		p->bytes += got;
		p->ops++;
		if (tr->write)
			p->run->bytes[p->line] += p->run->stopped ? 0 : got;
		cond_resched(t); /* back in user space */
		p->longest = max_u64(p->longest, task_now(t) - from);
	}
}

static void step_transfer(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	struct guest_run *r = p->run;
	struct transfer tr = { .write = strcmp(step->op, "write") == 0 };

	tr.block = number(r, step, "block", 64 << 10);
	tr.total = number(r, step, "total", 0);
	tr.start = number(r, step, "start", 0);
	tr.span = number(r, step, "span", tr.total);
	tr.rate = number(r, step, "rate", 0);
	tr.fsync = number(r, step, "fsync", 0);
	tr.x = (uint64_t)number(r, step, "seed", 0);
	if (step->disk < 0 || !p->file[step->disk] || tr.block <= 0 || tr.span < tr.block) {
		verify_error(r->w->c, "workload line %d: no open device, or a size is missing",
			     step->line);
		return;
	}
	tr.file = p->file[step->disk];
	transfer(p, t, &tr);
}

static void step_open(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	int disk = step->disk;

	if (p->file[disk])
		return;
	task_run(t, p->run->w->programs_there ? RIG_OPEN_NS : OPEN_NS);
	p->file[disk] = file_open(t, p->run->vm->files->inodes[disk]);
	p->run->opened[disk]++;
}

static void step_at(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	sleep_until(p, t, p->run->start + strtoull(step->args, NULL, 10) * NS_PER_MS);
}

static void step_sleep(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	sleep_until(p, t, task_now(t) + strtoull(step->args, NULL, 10) * NS_PER_MS);
}

static void step_set(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	char *path = guest_step_value(step, "path"), *value = guest_step_value(step, "value");

	if (!path || !value || !guest_set(p->run, t, path, value))
		verify_error(p->run->w->c, "workload line %d: no such setting", step->line);
	sim_free(path);
	sim_free(value);
}

static void step_fsync(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	if (step->disk >= 0 && p->file[step->disk])
		vfs_fsync(t, p->file[step->disk], false);
}

static void step_sync(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	(void)p;
	(void)step;
	ksys_sync(t);
}

/* ---- anonymous memory ---- */

/* A walk over pages, so many bytes at a time. */
struct walk {
	uint64_t addr;
	int64_t size, chunk, rate, passes;
	sim_time first; /* of its first chunk, more */
	bool write;
};

static void walk(struct guest_process *p, struct task *t, const struct walk *k)
{
	struct mm_struct *mm = task_mm(t);
	sim_time begin = task_now(t);
	int64_t total = k->size * k->passes;

	task_run(t, k->first);
	while (mm && p->bytes < total && !done(p)) {
		int64_t at = p->bytes % k->size, n = min_s64(k->chunk, k->size - at);
		sim_time from;

		if (k->rate)
			sleep_until(
			    p, t,
			    begin + mul_div_u64((uint64_t)p->bytes, NS_PER_SEC, (uint64_t)k->rate));
		from = task_now(t);
		guest_process_use(p, t, 0, true);
		for (int64_t i = 0; i < n && !done(p); i += PAGE_SIZE) {
			if (user_access(t, mm, k->addr + (uint64_t)(at + i), k->write) != 0)
				return;
			cond_resched(t); /* back in user space */
		}
		p->bytes += n;
		p->ops++;
		p->longest = max_u64(p->longest, task_now(t) - from);
	}
}

static void unmap(struct guest_process *p, struct task *t)
{
	if (p->addr)
		do_munmap(t, task_mm(t), p->addr, (bytes_t)p->len);
	p->addr = 0;
}

static void step_anon(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	struct guest_run *r = p->run;
	struct walk k = { .passes = 1, .write = true };

	k.size = number(r, step, "size", 0);
	k.chunk = number(r, step, "chunk", 1 << 20);
	k.rate = number(r, step, "rate", 0);
	unmap(p, t);
	if (k.size <= 0 || k.chunk < (int64_t)PAGE_SIZE) {
		verify_error(r->w->c, "workload line %d: size or chunk is missing", step->line);
		return;
	}
	if (do_mmap(t, NULL, 0, (bytes_t)k.size, VM_READ | VM_WRITE | VM_NORESERVE, 0, &p->addr) !=
	    0)
		return;
	task_run(t, MAP_NS);
	k.addr = p->addr;
	k.first = r->w->programs_there ? 0 : FIRST_WALK_NS;
	p->len = k.size;
	walk(p, t, &k);
}

static void step_touch(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	struct guest_run *r = p->run;
	int64_t start = number(r, step, "start", 0);
	struct walk k = { .addr = p->addr + (uint64_t)start };

	k.size = number(r, step, "size", p->len - start);
	k.passes = number(r, step, "passes", 1);
	k.chunk = number(r, step, "chunk", 1 << 20);
	k.rate = number(r, step, "rate", 0);
	k.write = number(r, step, "write", 0) != 0;
	if (!p->addr)
		return; /* it was refused */
	if (k.size <= 0 || start + k.size > p->len || k.chunk < (int64_t)PAGE_SIZE) {
		verify_error(r->w->c, "workload line %d: there is no such memory", step->line);
		return;
	}
	walk(p, t, &k);
}

static void step_free(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	(void)step;
	unmap(p, t);
}

static void step_adj(struct guest_process *p, struct task *t, const struct guest_step *step)
{
	int64_t adj;

	if (verify_parse(step->args, &adj) && adj >= -1000 && adj <= 1000)
		task_struct(t)->oom.score_adj = (int)adj;
	else
		verify_error(p->run->w->c, "workload line %d: accepted: adj -1000..1000",
			     step->line);
}

static const struct step_kind {
	const char *op;
	void (*run)(struct guest_process *p, struct task *t, const struct guest_step *step);
} kinds[] = {
	{ "open", step_open },   { "write", step_transfer }, { "read", step_transfer },
	{ "at", step_at },       { "sleep", step_sleep },    { "set", step_set },
	{ "fsync", step_fsync }, { "sync", step_sync },      { "anon", step_anon },
	{ "touch", step_touch }, { "free", step_free },      { "adj", step_adj },
};

static const struct step_kind *kind_of(const struct guest_step *step)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].op, step->op) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- processes ---- */

/* The last one writes out what is left, and empties the cache of the device; a file keeps it. */
static void close_all(struct guest_process *p, struct task *t)
{
	struct guest_run *r = p->run;

	for (int i = 0; i < r->w->nr_disks; i++) {
		if (!p->file[i])
			continue;
		if (--r->opened[i] == 0 && !r->w->file_name[i]) {
			filemap_write_and_wait_range(t, &p->file[i]->inode->mapping, 0, INT64_MAX);
			truncate_inode_pages(t, &p->file[i]->inode->mapping, 0);
		}
		file_close(t, p->file[i]);
	}
}

/* Bytes that a process reads or writes at once. */
static bytes_t buffer_size(struct guest_run *r, const struct guest_process *p)
{
	int64_t size = 0;

	for (int i = 0; i < r->w->nr_steps; i++)
		if (kind_of(&r->w->step[i])->run == step_transfer &&
		    strcmp(r->w->step[i].process, p->name) == 0)
			size = max_s64(size, number(r, &r->w->step[i], "block", 64 << 10));
	return (bytes_t)size;
}

static void process(struct task *t, void *arg)
{
	struct guest_process *p = arg;
	struct guest_run *r = p->run;

	guest_task_start(r, t);
	task_struct(t)->oom.score_adj = 0;
	p->own = guest_process_memory(p, t);
	if (r->lru_found) {
		guest_lru_give(t, p->name);
		guest_lru_uses(t, p->buffer, &p->uses);
	}
	guest_sleep_until(r, t, &p->sleep, r->start, 0);
	task_run(t, r->w->programs_there ? RIG_START_NS : START_NS);
	for (int i = 0; i < r->w->nr_steps && !done(p); i++) {
		const struct guest_step *step = &r->w->step[i];
		const struct step_kind *kind = kind_of(step);

		if (strcmp(step->process, p->name) != 0)
			continue;
		p->line = i;
		p->ops = p->bytes = 0;
		guest_process_step(p, t);
		kind->run(p, t, step);
	}
	/* memory goes first, then files are closed */
	exit_mm(t);
	guest_process_end(p, t);
	if (--r->nr_running == 0)
		task_wake(r->parent);
	close_all(p, t);
	linux_personality.task_exit(t);
	p->task = NULL;
}

void guest_run_find(struct guest_run *r)
{
	for (int i = 0; i < r->w->nr_steps; i++) {
		const struct guest_step *step = &r->w->step[i];
		bool known = false;

		if (!kind_of(step)) {
			verify_error(r->w->c, "workload line %d: \"%s\" is not modelled", i,
				     step->op);
			continue;
		}
		for (int k = 0; k < r->nr_processes; k++)
			known |= strcmp(r->process[k].name, step->process) == 0;
		if (!known)
			r->process[r->nr_processes++] =
			    (struct guest_process){ .run = r, .name = step->process, .line = i };
	}
	for (int k = 0; k < r->nr_processes && !diag_failed(r->w->c->diag); k++)
		r->process[k].buffer = buffer_size(r, &r->process[k]);
}

void guest_run_spawn(struct guest_run *r, struct task *parent)
{
	task_spawn(r->sim, &r->sim->cpus[0], "sampler", 0, guest_sampler, r);
	for (int i = 0; i < r->nr_processes; i++) {
		struct guest_process *p = &r->process[i];
		int error;
		void *forked = NULL;

		if (parent)
			forked = linux_personality.task_fork(parent, p->name, &error);
		SIM_ASSERT(forked || !parent);
		r->nr_running++;
		p->task = task_spawn(r->sim, &r->sim->cpus[0], p->name, 0, process, p);
		p->task->kernel = forked;
	}
}
