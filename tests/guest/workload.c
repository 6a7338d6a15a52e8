/*
 * workload.c - what a guest with a real kernel does: the steps of a case, and samples of its
 * counters
 *
 *	workload STEPS DURATION_MS SAMPLE_MS ANON_PAGES FREE_PAGES FILLER SAMPLES PROGRESS FOUND
 *
 * STEPS is a file with a line per step, "PROCESS OP key=value ...", as in the case's own list. Each
 * process does its steps in order, all begin at the same moment t=0, which lies at the beginning of
 * a tick.  Before that this program takes memory that nobody touches again, until ANON_PAGES are on
 * the inactive list, and so much goes into the file FILLER that FREE_PAGES are left (0: all). Every
 * SAMPLE_MS the counters of /proc/vmstat and the marks of /proc/zoneinfo become a row of SAMPLES,
 * every 20 ms the progress of each process one of PROGRESS; both are written when all is over.  The
 * moment t=0 is left in the kernel's trace, if there is one, as "t0 NANOSECONDS".  What the page
 * allocator has on its lists shortly before t=0, when all processes are there, is written to FOUND,
 * and the counters of that moment behind it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lists.h"

#define NSEC_PER_SEC    INT64_C(1000000000)
#define NSEC_PER_MSEC   INT64_C(1000000)
#define TICK_NS         (4 * NSEC_PER_MSEC)
#define PAGE            4096
#define CHUNK           (INT64_C(1) << 20)
#define PROGRESS_NS     (20 * NSEC_PER_MSEC)
#define OWN_ANON        190 /* pages that the processes of the workload have before their first step */
#define MAX_STEPS       64
#define MAX_PROCESSES   8
#define MAX_COLUMNS     256
#define TEXT_ROOM       (1 << 16)
#define FOUND_ROOM      (1 << 18)
#define FIRST_SAMPLE_NS (60 * INT64_C(1000)) /* after t=0: the processes begin first */
#define FOUND_NS        (60 * NSEC_PER_MSEC) /* before t=0: when the allocator is looked at */

/* How far a process has come; shared with the one that takes the samples. */
struct progress {
	volatile int line;
	volatile int error;
	volatile int64_t ops;
	volatile int64_t bytes;
	volatile int64_t max_op_ns;
};

struct step {
	char process[32];
	char op[16];
	char words[200];
};

/* Rows of a table: room taken at the beginning, so that taking samples takes no memory. */
struct table {
	char *text;
	size_t len, room;
};

static struct step steps[MAX_STEPS];
static int nr_steps;
static char processes[MAX_PROCESSES][32];
static int nr_processes;
static struct progress *progress;
static int64_t t0;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- time --- */

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static int64_t now(void)
{
	return clock_ns() - t0;
}

static void wait_until(int64_t ns)
{
	struct timespec t = { (t0 + ns) / NSEC_PER_SEC, (t0 + ns) % NSEC_PER_SEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* --- words of a step --- */

/* Bytes, "128K"; K, M, G are powers of 1024. */
static int64_t bytes_of(const char *word)
{
	char *end;
	int64_t n = strtoll(word, &end, 10);

	switch (*end) {
	case 'G':
		n <<= 10; /* fall through */
	case 'M':
		n <<= 10; /* fall through */
	case 'K':
		n <<= 10;
	}
	return n;
}

/* Where the value of KEY begins; NULL where it is not given. */
static const char *value_of(const struct step *s, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = s->words; p; p = strchr(p, ' ')) {
		p += strspn(p, " ");
		if (strncmp(p, key, len) == 0 && p[len] == '=')
			return p + len + 1;
	}
	return NULL;
}

static int64_t number(const struct step *s, const char *key, int64_t otherwise)
{
	const char *v = value_of(s, key);

	return v ? bytes_of(v) : otherwise;
}

static void word(const struct step *s, const char *key, char *to, size_t room)
{
	const char *v = value_of(s, key);

	snprintf(to, room, "%.*s", v ? (int)strcspn(v, " ") : 0, v ? v : "");
}

static void read_steps(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];

	if (!f)
		die(path);
	while (nr_steps < MAX_STEPS && fgets(line, sizeof(line), f)) {
		struct step *s = &steps[nr_steps];
		int p = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%31s %15s %199[^\n]", s->process, s->op, s->words) < 2)
			continue;
		nr_steps++;
		while (p < nr_processes && strcmp(processes[p], s->process) != 0)
			p++;
		if (p == MAX_PROCESSES)
			die("too many processes");
		if (p == nr_processes)
			strcpy(processes[nr_processes++], s->process);
	}
	fclose(f);
}

/* --- what processes do --- */

struct process {
	struct progress *progress;
	int fd;
	char *file_buffer;
	char *anon;
	int64_t anon_size;
};

/*
 * Before operation I of a step that began at BEGIN: not faster than RATE bytes a second (0: any).
 * A sleep until a moment that is past is short, but a sleep: as in the captures.
 */
static void keep_rate(int64_t begin, int64_t i, int64_t size, int64_t rate)
{
	if (rate > 0)
		wait_until(begin + (int64_t)((__int128)i * size * NSEC_PER_SEC / rate));
}

static void did(struct process *p, int64_t begin, int64_t bytes)
{
	int64_t took = now() - begin;

	p->progress->ops++;
	p->progress->bytes += bytes;
	if (took > p->progress->max_op_ns)
		p->progress->max_op_ns = took;
}

static void do_file(struct process *p, const struct step *s, bool write_it)
{
	int64_t block = number(s, "block", 65536), total = number(s, "total", 0);
	int64_t start = number(s, "start", 0), span = number(s, "span", total);
	int64_t rate = number(s, "rate", 0), fsync_every = number(s, "fsync", 0);
	const char *seed = value_of(s, "seed");
	uint64_t x = seed ? strtoull(seed, NULL, 10) : 0;
	int64_t begin = now();

	for (int64_t i = 0; i * block < total; i++) {
		int64_t at = start + i * block % span;

		if (seed) {
			x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			at = start + (int64_t)((x >> 33) % (uint64_t)(span / block)) * block;
		}
		keep_rate(begin, i, block, rate);
		int64_t from = now();
		ssize_t got = write_it ? pwrite(p->fd, p->file_buffer, (size_t)block, at)
				       : pread(p->fd, p->file_buffer, (size_t)block, at);
		if (got < 0)
			p->progress->error = errno;
		if (fsync_every && (i + 1) % fsync_every == 0)
			fsync(p->fd);
		did(p, from, got > 0 ? got : 0);
	}
}

/* One pass: a byte of every page is read or written, a chunk at a time. */
static void go_over(struct process *p, const struct step *s, int64_t start, int64_t size,
		    int64_t passes, bool write_it)
{
	int64_t chunk = number(s, "chunk", CHUNK), rate = number(s, "rate", 0);
	int64_t begin = now(), done = 0;

	for (int64_t pass = 0; pass < passes; pass++) {
		for (int64_t at = 0; at < size; at += chunk, done++) {
			int64_t end = at + chunk < size ? at + chunk : size;

			keep_rate(begin, done, chunk, rate);
			int64_t from = now();
			for (int64_t i = at; i < end; i += PAGE) {
				volatile char *page = p->anon + start + i;

				if (write_it)
					*page = (char)(pass + 1);
				else
					(void)*page;
			}
			did(p, from, end - at);
		}
	}
}

static void write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, value, strlen(value)) < 0)
			perror(path);
		close(fd);
	}
}

static void do_step(struct process *p, const struct step *s)
{
	char path[128], value[64];

	word(s, "path", path, sizeof(path));
	if (strcmp(s->op, "open") == 0) {
		p->fd = open(path, O_RDWR);
	} else if (strcmp(s->op, "read") == 0 || strcmp(s->op, "write") == 0) {
		do_file(p, s, s->op[0] == 'w');
	} else if (strcmp(s->op, "anon") == 0) {
		p->anon_size = number(s, "size", 0);
		p->anon = mmap(NULL, (size_t)p->anon_size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		go_over(p, s, 0, p->anon_size, 1, true);
	} else if (strcmp(s->op, "touch") == 0) {
		int64_t start = number(s, "start", 0);

		go_over(p, s, start, number(s, "size", p->anon_size - start),
			number(s, "passes", 1), number(s, "write", 0) != 0);
	} else if (strcmp(s->op, "free") == 0) {
		munmap(p->anon, (size_t)p->anon_size);
	} else if (strcmp(s->op, "set") == 0) {
		word(s, "value", value, sizeof(value));
		write_setting(path, value);
	} else if (strcmp(s->op, "adj") == 0) {
		write_setting("/proc/self/oom_score_adj", s->words);
	} else if (strcmp(s->op, "at") == 0) {
		wait_until(strtoll(s->words, NULL, 10) * NSEC_PER_MSEC);
	} else if (strcmp(s->op, "sleep") == 0) {
		wait_until(now() + strtoll(s->words, NULL, 10) * NSEC_PER_MSEC);
	} else if (strcmp(s->op, "fsync") == 0) {
		fsync(p->fd);
	} else if (strcmp(s->op, "sync") == 0) {
		sync();
	} else {
		fprintf(stderr, "workload: unknown step %s\n", s->op);
	}
}

/* Room for the largest block of a process, taken before the beginning. */
static char *new_buffer(const char *process)
{
	int64_t most = 0;

	for (int i = 0; i < nr_steps; i++)
		if (strcmp(steps[i].process, process) == 0 &&
		    (strcmp(steps[i].op, "read") == 0 || strcmp(steps[i].op, "write") == 0) &&
		    number(&steps[i], "block", 65536) > most)
			most = number(&steps[i], "block", 65536);
	if (!most)
		return NULL;

	char *buffer =
	    mmap(NULL, (size_t)most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(buffer, 1, (size_t)most);
	return buffer;
}

static _Noreturn void be_process(int which)
{
	struct process p = { .progress = &progress[which], .fd = -1 };

	prctl(PR_SET_NAME, processes[which]);
	p.file_buffer = new_buffer(processes[which]);
	wait_until(0);
	for (int i = 0; i < nr_steps; i++) {
		if (strcmp(steps[i].process, processes[which]) != 0)
			continue;
		*p.progress = (struct progress){ .line = i };
		do_step(&p, &steps[i]);
	}
	_exit(0);
}

/* --- samples --- */

static void row(struct table *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (t->len + 4096 < t->room)
		t->len += (size_t)vsnprintf(t->text + t->len, t->room - t->len, format, args);
	va_end(args);
}

static char *slurp(const char *path)
{
	static char text[TEXT_ROOM];
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
	return text;
}

/* Name and number of each line of /proc/vmstat. */
static void vmstat(struct table *t, bool names)
{
	char *line = slurp("/proc/vmstat"), *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		char *blank = strchr(line, ' ');

		*end = *blank = '\0';
		row(t, "\t%s", names ? line : blank + 1);
	}
}

/* Free pages and marks of each zone that has pages. */
static void zones(struct table *t, bool names)
{
	static const char *const keys[] = { "boost", "min", "low", "high" };
	char *line = slurp("/proc/zoneinfo"), *end, zone[16] = "", key[32];
	long long n;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		sscanf(line, "Node %*d, zone %15s", zone);
		if (sscanf(line, " pages free %lld", &n) == 1) {
			row(t, names ? "\t%s.free" : "\t%2$lld", zone, n);
			continue;
		}
		if (sscanf(line, " %31s %lld", key, &n) != 2)
			continue;
		for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
			if (strcmp(key, keys[k]) == 0)
				row(t, names ? "\t%s.%3$s" : "\t%2$lld", zone, n, key);
	}
}

static void sample(struct table *t)
{
	int64_t begin = now();

	row(t, "%" PRId64 "\t0", begin / 1000);
	vmstat(t, false);
	zones(t, false);
	row(t, "\n");
}

static void note_progress(struct table *t)
{
	for (int i = 0; i < nr_processes; i++) {
		struct progress *p = &progress[i];

		row(t, "%" PRId64 "\t%s\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%d\n",
		    now() / 1000, processes[i], p->line, p->ops, p->bytes, p->max_op_ns / 1000,
		    p->error);
		p->max_op_ns = 0;
	}
}

static struct table new_table(size_t room)
{
	struct table t = { .room = room };

	t.text = mmap(NULL, room, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (t.text == MAP_FAILED)
		die("no memory");
	madvise(t.text, room, MADV_DONTFORK); /* else each page written to would be copied */
	return t;
}

static void write_table(const struct table *t, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, t->text, t->len) != (ssize_t)t->len)
		die(path);
	close(fd);
}

/* --- all of it --- */

static int64_t counter(const char *name)
{
	const char *line = strstr(slurp("/proc/vmstat"), name);

	return line ? strtoll(line + strlen(name), NULL, 10) : 0;
}

/* Memory of programs that lie still. */
static void idle(int64_t pages)
{
	const size_t room = (size_t)pages * PAGE;
	volatile char *p = mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	munlock((char *)p, room + PAGE);
	for (size_t at = 0; at < room && counter("nr_inactive_anon ") < pages; at += PAGE)
		p[at] = 1;
}

/* Takes memory until so much is free: pages of a file system in memory, which are never reclaimed.
 */
static void fill(const char *path, int64_t pages)
{
	static const char page[PAGE];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	while (fd >= 0 && pages > 0 && counter("nr_free_pages ") > pages)
		if (write(fd, page, PAGE) != PAGE)
			die(path);
	close(fd);
}

static void mark_beginning(void)
{
	char text[40];

	snprintf(text, sizeof(text), "t0 %" PRId64 "\n", t0);
	write_setting("/sys/kernel/tracing/trace_marker", text);
}

int main(int argc, char **argv)
{
	pid_t pid[MAX_PROCESSES];

	if (argc != 10)
		die("wrong number of arguments");
	int64_t duration = strtoll(argv[2], NULL, 10) * NSEC_PER_MSEC;
	int64_t interval = strtoll(argv[3], NULL, 10) * NSEC_PER_MSEC;

	read_steps(argv[1]);
	progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct table samples = new_table((size_t)(duration / interval + 2) * 1800 + 16384);
	struct table found = new_table(FOUND_ROOM);
	FILE *found_file = fmemopen(found.text, found.room, "w");
	struct table made = new_table((size_t)(duration / PROGRESS_NS + 2) * 60 * MAX_PROCESSES);

	row(&samples, "# t_us\tread_us");
	vmstat(&samples, true);
	zones(&samples, true);
	row(&samples, "\n");
	row(&made, "# t_us\tprocess\tline\tops\tbytes\tmax_op_us\terrno\n");
	lists_open();
	mlockall(MCL_CURRENT | MCL_FUTURE);
	idle(strtoll(argv[4], NULL, 10) - OWN_ANON);
	fill(argv[6], strtoll(argv[5], NULL, 10));

	t0 = (clock_ns() / TICK_NS + 1 + NSEC_PER_SEC / 2 / TICK_NS) * TICK_NS;
	mark_beginning();
	for (int i = 0; i < nr_processes; i++)
		if ((pid[i] = fork()) == 0)
			be_process(i);
	wait_until(-FOUND_NS);
	lists_print(found_file);
	fputs(slurp("/proc/vmstat"), found_file);
	lists_print_lru(found_file);
	fflush(found_file);
	found.len = (size_t)ftell(found_file);
	for (int64_t t = 0, next = 0; t <= duration; t += PROGRESS_NS / 2) {
		wait_until(t ? t : FIRST_SAMPLE_NS);
		if (t >= next) {
			sample(&samples);
			next += interval;
		}
		if (t && t % PROGRESS_NS == 0)
			note_progress(&made);
	}
	for (int i = 0; i < nr_processes; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	write_setting("/sys/kernel/tracing/tracing_on", "0");
	write_table(&samples, argv[7]);
	write_table(&made, argv[8]);
	write_table(&found, argv[9]);
	return 0;
}
