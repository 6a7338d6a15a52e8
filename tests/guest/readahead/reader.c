/*
 * reader.c - makes the calls of a script, one after another, and tells the module "watch" of each
 *
 *	reader SCRIPT FOLDER PAUSE_US EXTENTS
 *
 * SCRIPT is a case's ops.txt.  Files are FOLDER/0, FOLDER/1 and so on; all are held open from the
 * beginning to the end, as the last close of a block device empties its cache.  EXTENTS gets
 * "FILE SIZE", then "FIRST_PAGE PAGES SECTOR" for each extent.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILES   16
#define MAX_SLOTS   64
#define MAX_MAPS    16
#define MAX_EXTENTS 1000
#define PAGE        4096
#define SECTOR      512
#define MOST_READ   (128 << 20)

static const char *folder;
static int watch;
static int slots[MAX_SLOTS];
static struct map {
	char *start;
	size_t length;
	long slot;
} maps[MAX_MAPS];
static char *buffer; /* of reads */
static sigjmp_buf after_fault;

static void fail(const char *what)
{
	fprintf(stderr, "reader: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void tell(const char *word, long a, long b)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s %ld %ld", word, a, b);

	if (write(watch, line, (size_t)n) != n)
		fail(line);
}

static void sleep_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	if (us)
		nanosleep(&t, NULL);
}

static int open_file(long n)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%ld", folder, n);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail(path);
	return fd;
}

/* --- where files lie --- */

static void write_extents(FILE *to, int fd, uint64_t pages)
{
	struct fiemap *map = calloc(1, sizeof(*map) + MAX_EXTENTS * sizeof(struct fiemap_extent));

	map->fm_length = FIEMAP_MAX_OFFSET;
	map->fm_extent_count = MAX_EXTENTS;
	if (ioctl(fd, FS_IOC_FIEMAP, map) < 0)
		fail("FIEMAP");
	if (map->fm_mapped_extents == MAX_EXTENTS) {
		errno = E2BIG;
		fail("extents");
	}
	for (unsigned i = 0; i < map->fm_mapped_extents; i++) {
		const struct fiemap_extent *e = &map->fm_extents[i];
		uint64_t first = e->fe_logical / PAGE, n = e->fe_length / PAGE;

		if (e->fe_flags & FIEMAP_EXTENT_UNWRITTEN || first >= pages)
			continue; /* reads as a hole */
		if (first + n > pages)
			n = pages - first;
		fprintf(to, "%lu %lu %lu\n", (unsigned long)first, (unsigned long)n,
			(unsigned long)(e->fe_physical / SECTOR));
	}
	free(map);
}

static void list_files(const char *extents)
{
	FILE *to = fopen(extents, "w");
	char path[256];

	if (!to)
		fail(extents);
	for (int i = 0; i < MAX_FILES; i++) {
		struct stat st;
		int fd;

		snprintf(path, sizeof(path), "%s/%d", folder, i);
		if (stat(path, &st))
			break;
		fd = open_file(i);
		tell("file", i, fd);
		if (S_ISBLK(st.st_mode))
			st.st_size = lseek(fd, 0, SEEK_END);
		fprintf(to, "file %d %ld\n", i, (long)st.st_size);
		if (S_ISBLK(st.st_mode))
			fprintf(to, "0 %ld 0\n", (long)st.st_size / PAGE);
		else
			write_extents(to, fd, ((uint64_t)st.st_size + PAGE - 1) / PAGE);
	}
	fclose(to);
}

/* --- the calls --- */

struct line {
	char *word[8];
	int n;
};

static long number(const struct line *l, int i)
{
	return i < l->n ? (long)strtoull(l->word[i], NULL, 0) : 0;
}

static int descriptor(const struct line *l, int i)
{
	long s = number(l, i);

	if (s < 0 || s >= MAX_SLOTS || slots[s] < 0) {
		errno = EBADF;
		fail("a slot");
	}
	tell("on", s, 0);
	return slots[s];
}

static struct map *mapping(const struct line *l, int i)
{
	struct map *m = &maps[number(l, i) % MAX_MAPS];

	tell("on", m->slot, 0);
	return m;
}

static long result(long r)
{
	return r < 0 ? -errno : r;
}

static long do_open(const struct line *l)
{
	long s = number(l, 1);

	slots[s] = open_file(number(l, 2));
	tell("slot", s, slots[s]);
	tell("on", s, 0);
	return 0;
}

static long do_close(const struct line *l)
{
	int fd = descriptor(l, 1);

	tell("on", -1, 0);
	tell("slot", number(l, 1), -1);
	slots[number(l, 1)] = -1;
	return result(close(fd));
}

static long do_seek(const struct line *l)
{
	return result(lseek(descriptor(l, 1), number(l, 2), SEEK_SET));
}

static size_t bytes_to_read(long n)
{
	if (n < 0 || n > MOST_READ) {
		errno = EINVAL;
		fail("a read larger than the buffer");
	}
	return (size_t)n;
}

static long do_read(const struct line *l)
{
	return result(read(descriptor(l, 1), buffer, bytes_to_read(number(l, 2))));
}

static long do_pread(const struct line *l)
{
	return result(pread(descriptor(l, 1), buffer, bytes_to_read(number(l, 3)), number(l, 2)));
}

static int one_of(const char *word, const char *const *words, const int *values)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return values[i];
	errno = EINVAL;
	fail(word);
	return 0;
}

static long do_advise(const struct line *l)
{
	static const char *const words[] = { "normal",   "random",  "sequential", "willneed",
					     "dontneed", "noreuse", NULL };
	static const int values[] = { POSIX_FADV_NORMAL,     POSIX_FADV_RANDOM,
				      POSIX_FADV_SEQUENTIAL, POSIX_FADV_WILLNEED,
				      POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE };

	return -posix_fadvise(descriptor(l, 1), number(l, 2), number(l, 3),
			      one_of(l->word[4], words, values));
}

static long do_readahead(const struct line *l)
{
	return result(readahead(descriptor(l, 1), number(l, 2), (size_t)number(l, 3)));
}

static long do_mmap(const struct line *l)
{
	struct map *m = &maps[number(l, 1) % MAX_MAPS];

	m->slot = number(l, 2);
	m->length = (size_t)number(l, 4);
	m->start = mmap((void *)number(l, 5), m->length, PROT_READ,
			MAP_SHARED | MAP_FIXED_NOREPLACE, descriptor(l, 2), number(l, 3));
	return m->start == MAP_FAILED ? -errno : 0;
}

static long do_madvise(const struct line *l)
{
	static const char *const words[] = { "normal",   "random",   "sequential",
					     "willneed", "hugepage", NULL };
	static const int values[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
				      MADV_HUGEPAGE };
	const struct map *m = mapping(l, 1);

	return result(madvise(m->start + number(l, 2), (size_t)number(l, 3),
			      one_of(l->word[4], words, values)));
}

static void on_fault(int signal)
{
	siglongjmp(after_fault, signal);
}

/* -EFAULT: the program gets a signal, as the page cannot be read or lies behind the end. */
static long do_touch(const struct line *l)
{
	const volatile char *at = mapping(l, 1)->start + number(l, 2) * PAGE;

	if (sigsetjmp(after_fault, 1))
		return -EFAULT;
	(void)*at;
	return 0;
}

static long do_munmap(const struct line *l)
{
	const struct map *m = mapping(l, 1);

	tell("on", -1, 0);
	return result(munmap(m->start, m->length));
}

static long put(const char *path, long v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld", v), fd = open(path, O_WRONLY);
	long r;

	if (fd < 0)
		fail(path);
	r = write(fd, text, (size_t)n) == n ? 0 : -errno;
	close(fd);
	return r;
}

static long do_drop(const struct line *l)
{
	(void)l;
	tell("drain", 0, 0);
	return put("/proc/sys/vm/drop_caches", 1);
}

/* A limit of the disk; then all are listed. */
static long do_limit(const struct line *l)
{
	long r = put(strcmp(l->word[0], "rakb") == 0 ? "/sys/block/nullb0/queue/read_ahead_kb"
						     : "/sys/block/nullb0/queue/max_sectors_kb",
		     number(l, 2));

	tell("device", number(l, 1), 0);
	return r;
}

static long do_device(const struct line *l)
{
	tell("device", number(l, 1), 0);
	return 0;
}

static long do_cache(const struct line *l)
{
	tell("cache", number(l, 1), 0);
	return 0;
}

static long do_sleep(const struct line *l)
{
	sleep_us(number(l, 1));
	return 0;
}

static const struct {
	const char *name;
	long (*run)(const struct line *l);
	int pause; /* it may read */
} calls[] = {
	{ "open", do_open, 0 },           { "close", do_close, 0 },   { "seek", do_seek, 0 },
	{ "read", do_read, 1 },           { "pread", do_pread, 1 },   { "advise", do_advise, 1 },
	{ "readahead", do_readahead, 1 }, { "mmap", do_mmap, 0 },     { "madvise", do_madvise, 1 },
	{ "touch", do_touch, 1 },         { "munmap", do_munmap, 0 }, { "drop", do_drop, 0 },
	{ "rakb", do_limit, 0 },          { "maxkb", do_limit, 0 },   { "device", do_device, 0 },
	{ "sleep", do_sleep, 0 },         { "cache", do_cache, 0 },
};

static void run_line(char *text, long pause_us)
{
	struct line l = { .n = 0 };
	char *call = strtok(text, " \n"), *word;
	size_t i = 0;

	while (l.n < 8 && (word = strtok(NULL, " \n")))
		l.word[l.n++] = word;
	while (i < sizeof(calls) / sizeof(calls[0]) && l.n && strcmp(calls[i].name, l.word[0]) != 0)
		i++;
	if (!l.n || i == sizeof(calls) / sizeof(calls[0])) {
		errno = EINVAL;
		fail(l.n ? l.word[0] : call);
	}
	tell("call", strtol(call, NULL, 10), 0);
	tell("result", calls[i].run(&l), 0);
	if (calls[i].pause)
		sleep_us(pause_us);
}

int main(int argc, char **argv)
{
	FILE *script = argc == 5 ? fopen(argv[1], "r") : NULL;
	char line[512];

	if (!script) {
		fprintf(stderr, "reader SCRIPT FOLDER PAUSE_US EXTENTS\n");
		return 2;
	}
	folder = argv[2];
	for (int i = 0; i < MAX_SLOTS; i++)
		slots[i] = -1;
	buffer = mmap(NULL, MOST_READ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	signal(SIGBUS, on_fault);
	signal(SIGSEGV, on_fault);
	watch = open("/proc/watch/do", O_WRONLY);
	if (watch < 0 || buffer == MAP_FAILED)
		fail("/proc/watch/do");
	list_files(argv[4]);
	while (fgets(line, sizeof(line), script))
		if (*line != '#')
			run_line(line, strtol(argv[3], NULL, 10));
	tell("end", 0, 0);
	puts("reader: all calls are made");
	return 0;
}
