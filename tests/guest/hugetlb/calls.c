/*
 * calls.c - calls for huge pages, made by a program in the guest
 *
 *	calls SCRIPT
 *
 * SCRIPT has a call a line; each is printed with what it returned (a negative number of errno as
 * its name) and what the pool has then:
 *
 *	mmap m a 0 4194304 shared rw reserve = 0 16 4 0 20      free, reserved, surplus, all
 *
 * Names stand for what a call gave.  A line that speaks of something that is not there, or gives a
 * name that is taken, is left out.  What stands between "fork" and "end" is done by a child, for
 * whose end the parent waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LINES 8192
#define MAX_WORDS 10
#define NAMES     64
#define HUGE      (INT64_C(2) << 20)

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#endif

/* What a name stands for. */
static struct name {
	char name[16];
	int fd;      /* of a file; -1: none */
	int shm;     /* a segment; -1: none */
	char *map;   /* addresses; NULL: none */
	int64_t len; /* of these */
	bool small;  /* a file of small pages */
} names[NAMES];

static char lines[MAX_LINES][160];
static int nr_lines;
static sigjmp_buf fault;

static struct name *find(const char *name)
{
	for (int i = 0; i < NAMES; i++)
		if (strcmp(names[i].name, name) == 0)
			return &names[i];
	return NULL;
}

static struct name *name_new(const char *name)
{
	struct name *n = find("");

	if (!n || find(name))
		return NULL;
	*n = (struct name){ .fd = -1, .shm = -1 };
	snprintf(n->name, sizeof(n->name), "%s", name);
	return n;
}

static void forget(struct name *n)
{
	*n = (struct name){ 0 };
}

/* --- the pool --- */

static long meminfo(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long v = -1;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			v = strtol(line + strlen(key) + 1, NULL, 10);
	if (f)
		fclose(f);
	return v;
}

static int64_t set(const char *name, const char *value)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	fd = open(path, O_WRONLY);
	n = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (fd >= 0)
		close(fd);
	return n < 0 ? -errno : 0;
}

/* --- calls; each returns what the system call gave, or UNKNOWN --- */

#define UNKNOWN INT64_MIN

static int64_t errno_of(int64_t r)
{
	return r < 0 ? -errno : r;
}

static int64_t give_fd(const char *name, int fd)
{
	if (fd < 0)
		return -errno;
	name_new(name)->fd = fd;
	return 0;
}

static int64_t give_map(const char *name, char *map, int64_t len)
{
	struct name *n;

	if (map == MAP_FAILED)
		return -errno;
	n = name_new(name);
	n->map = map;
	n->len = len;
	return 0;
}

static int64_t do_memfd(char **w)
{
	bool huge = strcmp(w[2], "huge") == 0;
	unsigned flags = (huge ? MFD_HUGETLB : 0) | (strcmp(w[3], "seal") == 0 ? 2U : 0);
	int64_t r;

	if (find(w[1]))
		return UNKNOWN;
	r = give_fd(w[1], (int)syscall(SYS_memfd_create, w[1], flags));
	if (!r)
		find(w[1])->small = !huge;
	return r;
}

/* What a mapping really has. */
static int64_t whole_pages(int64_t len, bool small)
{
	int64_t page = small ? 4096 : HUGE;

	return (len + page - 1) / page * page;
}

static int64_t do_mmap(char **w)
{
	const struct name *file = strcmp(w[2], "-") == 0 ? NULL : find(w[2]);
	bool anonymous = strcmp(w[2], "-") == 0;
	int64_t len = atoll(w[4]);
	int flags = strcmp(w[5], "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
	int prot = strcmp(w[6], "rw") == 0 ? PROT_READ | PROT_WRITE : PROT_READ;

	if (anonymous && !(prot & PROT_WRITE)) /* the simulator has none */
		return UNKNOWN;
	if (find(w[1]) || (!anonymous && (!file || file->fd < 0)))
		return UNKNOWN;
	if (strcmp(w[7], "noreserve") == 0)
		flags |= MAP_NORESERVE;
	if (anonymous)
		flags |= MAP_ANONYMOUS | MAP_HUGETLB;
	return give_map(w[1],
			mmap(NULL, (size_t)len, prot, flags, anonymous ? -1 : file->fd,
			     anonymous ? 0 : atoll(w[3])),
			whole_pages(len, !anonymous && file->small));
}

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

static int64_t do_touch(const struct name *m, int64_t offset, bool write_it)
{
	volatile char *at = m->map + offset;

	if (sigsetjmp(fault, 1))
		return -EFAULT;
	if (write_it)
		*at = 1;
	else
		(void)*at;
	return 4096;
}

static int64_t do_map(const char *call, char **w)
{
	struct name *m = find(w[1]);
	int64_t r;

	if (!m || !m->map)
		return UNKNOWN;
	if (strcmp(call, "touch") == 0)
		return atoll(w[2]) < m->len ? do_touch(m, atoll(w[2]), *w[3] == 'w') : UNKNOWN;
	if (strcmp(call, "munmap") == 0 || strcmp(call, "shmdt") == 0) {
		r = *call == 'm' ? munmap(m->map, (size_t)m->len) : shmdt(m->map);
		forget(m);
		return errno_of(r);
	}
	if (atoll(w[2]) + atoll(w[3]) > m->len)
		return UNKNOWN;
	if (strcmp(call, "munmap_range") == 0)
		return errno_of(munmap(m->map + atoll(w[2]), (size_t)atoll(w[3])));
	return errno_of(madvise(m->map + atoll(w[2]), (size_t)atoll(w[3]),
				strcmp(w[4], "remove") == 0 ? MADV_REMOVE : MADV_DONTNEED));
}

static int64_t do_file(const char *call, char **w)
{
	static char buffer[1 << 20];
	struct name *f = find(w[1]);
	int64_t a = w[2] ? atoll(w[2]) : 0, b = w[2] && w[3] ? atoll(w[3]) : 0;

	if (!f || f->fd < 0)
		return UNKNOWN;
	if (strcmp(call, "close") == 0) {
		close(f->fd);
		forget(f);
		return 0;
	}
	if (strcmp(call, "truncate") == 0)
		return errno_of(ftruncate(f->fd, a));
	if (strcmp(call, "fallocate") == 0)
		return errno_of(
		    fallocate(f->fd, strcmp(w[4], "keep") == 0 ? FALLOC_FL_KEEP_SIZE : 0, a, b));
	if (strcmp(call, "punch") == 0)
		return errno_of(fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, a, b));
	if (strcmp(call, "seal") == 0)
		return errno_of(fcntl(f->fd, F_ADD_SEALS, (int)a));
	if (strcmp(call, "write") == 0)
		return errno_of(pwrite(f->fd, buffer, (size_t)b, a));
	return errno_of(pread(f->fd, buffer, (size_t)b, a));
}

static int64_t do_shm(const char *call, char **w)
{
	struct name *s = find(w[strcmp(call, "shmat") == 0 ? 2 : 1]);

	if (strcmp(call, "shmget") == 0) {
		int flags = IPC_CREAT | 0600 | (strcmp(w[3], "huge") == 0 ? SHM_HUGETLB : 0) |
			    (strcmp(w[4], "noreserve") == 0 ? SHM_NORESERVE : 0);
		int id = s ? -1 : shmget(IPC_PRIVATE, (size_t)atoll(w[2]), flags);

		if (s)
			return UNKNOWN;
		if (id < 0)
			return -errno;
		name_new(w[1])->shm = id;
		return 0;
	}
	if (!s || s->shm < 0)
		return UNKNOWN;
	if (strcmp(call, "rmid") == 0)
		return errno_of(shmctl(s->shm, IPC_RMID, NULL));

	struct shmid_ds ds = { .shm_segsz = 0 };

	if (find(w[1]))
		return UNKNOWN;
	shmctl(s->shm, IPC_STAT, &ds);
	return give_map(w[1], shmat(s->shm, NULL, 0), whole_pages((int64_t)ds.shm_segsz, false));
}

static int64_t do_call(char **w)
{
	static const char *const of_map[] = { "touch", "munmap", "shmdt", "munmap_range",
					      "madvise" };
	static const char *const of_shm[] = { "shmget", "shmat", "rmid" };
	char path[64];

	if (strcmp(w[0], "pool") == 0)
		return set("nr_hugepages", w[1]);
	if (strcmp(w[0], "surplus") == 0)
		return set("nr_overcommit_hugepages", w[1]);
	if (strcmp(w[0], "memfd") == 0)
		return do_memfd(w);
	if (strcmp(w[0], "open") == 0) {
		snprintf(path, sizeof(path), "/huge/%s", w[2]);
		return find(w[1]) ? UNKNOWN : give_fd(w[1], open(path, O_RDWR | O_CREAT, 0600));
	}
	if (strcmp(w[0], "unlink") == 0) {
		snprintf(path, sizeof(path), "/huge/%s", w[1]);
		return errno_of(unlink(path));
	}
	if (strcmp(w[0], "mmap") == 0)
		return do_mmap(w);
	for (size_t i = 0; i < sizeof(of_map) / sizeof(*of_map); i++)
		if (strcmp(w[0], of_map[i]) == 0)
			return do_map(w[0], w);
	for (size_t i = 0; i < sizeof(of_shm) / sizeof(*of_shm); i++)
		if (strcmp(w[0], of_shm[i]) == 0)
			return do_shm(w[0], w);
	return do_file(w[0], w);
}

/* --- the script --- */

static void print(const char *line, int64_t r)
{
	if (r < 0)
		printf("%s = -%s", line, strerrorname_np((int)-r));
	else
		printf("%s = %lld", line, (long long)r);
	printf(" %ld %ld %ld %ld\n", meminfo("HugePages_Free:"), meminfo("HugePages_Rsvd:"),
	       meminfo("HugePages_Surp:"), meminfo("HugePages_Total:"));
	fflush(stdout);
}

static int end_of_child(int i)
{
	while (i < nr_lines && strcmp(lines[i], "end") != 0)
		i++;
	return i;
}

static void run(int from, int to)
{
	for (int i = from; i < to; i++) {
		char text[160], *words[MAX_WORDS] = { NULL }, *rest = text;
		int n = 0;
		int64_t r;

		snprintf(text, sizeof(text), "%s", lines[i]);
		while (n < MAX_WORDS && (words[n] = strtok_r(n ? NULL : text, " ", &rest)))
			n++;
		if (!n)
			continue;
		if (strcmp(words[0], "fork") == 0) {
			int end = end_of_child(i);

			puts("fork");
			fflush(stdout);
			if (fork() == 0) {
				run(i + 1, end);
				_exit(0);
			}
			wait(NULL);
			print("end", 0);
			i = end;
			continue;
		}
		r = do_call(words);
		if (r != UNKNOWN)
			print(lines[i], r);
	}
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!f)
		return 1;
	signal(SIGBUS, on_fault);
	signal(SIGSEGV, on_fault);
	while (nr_lines < MAX_LINES && fgets(lines[nr_lines], sizeof(lines[0]), f)) {
		lines[nr_lines][strcspn(lines[nr_lines], "\n")] = 0;
		nr_lines++;
	}
	fclose(f);
	print("begin", 0);
	run(0, nr_lines);
	puts("# end");
	return 0;
}
