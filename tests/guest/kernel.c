/*
 * kernel.c - the memory of the running kernel, and where what lies in it
 *
 * Read from /proc/kcore, where its types say that things are (/sys/kernel/btf/vmlinux), beginning
 * at the addresses of its symbols (/proc/kallsyms).
 */
#include "kernel.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_SEGMENTS 32
#define BTF_ROOM     (16 << 20)

void fail(const char *what)
{
	fprintf(stderr, "kernel: %s\n", what);
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

bool try_read_kernel(uint64_t address, void *to, size_t n)
{
	for (int i = 0; i < nr_segments; i++) {
		const struct segment *s = &segments[i];

		if (address - s->address < s->size && n <= s->size - (address - s->address) &&
		    pread(kcore, to, n, (off_t)(s->offset + address - s->address)) == (ssize_t)n)
			return true;
	}
	return false;
}

void read_kernel(uint64_t address, void *to, size_t n)
{
	if (!try_read_kernel(address, to, n))
		fail("an address is not in /proc/kcore");
}

uint64_t at(uint64_t address, size_t n)
{
	uint64_t v = 0;

	read_kernel(address, &v, n);
	return v;
}

uint64_t pointer(uint64_t address)
{
	return at(address, 8);
}

int integer(uint64_t address)
{
	return (int)(int32_t)at(address, 4);
}

void read_name(uint64_t address, char *to, size_t room)
{
	size_t n = 0;

	while (n + 1 < room && (to[n] = (char)at(address + n, 1)))
		n++;
	to[n] = '\0';
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

enum { KIND_ARRAY = 3, KIND_STRUCT, KIND_UNION, KIND_ENUM };

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
	const size_t room = BTF_ROOM, most = 300000;
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

uint64_t offset_of(const char *of, const char *name)
{
	uint32_t type;
	long offset = find(structure(of), name, &type);

	if (offset < 0)
		fail(name);
	return (uint64_t)offset;
}

uint64_t size_of(const char *name)
{
	return structure(name)->size;
}

unsigned elements(const char *of, const char *name)
{
	uint32_t type = 0;

	if (find(structure(of), name, &type) < 0 || kind(btf_types[type]) != KIND_ARRAY)
		fail(name);
	return ((const uint32_t *)(btf_types[type] + 1))[2];
}

uint64_t symbol(const char *name)
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

unsigned enumerator(const char *of, const char *name)
{
	for (uint32_t i = 1; i <= nr_types; i++) {
		const struct btf_enum {
			uint32_t name, value;
		} *e = (const void *)(btf_types[i] + 1);

		if (kind(btf_types[i]) != KIND_ENUM ||
		    strcmp(btf_names + btf_types[i]->name, of) != 0)
			continue;
		for (unsigned k = 0; k < members(btf_types[i]); k++)
			if (strcmp(btf_names + e[k].name, name) == 0)
				return e[k].value;
	}
	fail(name);
	return 0;
}

void kernel_open(void)
{
	open_kcore();
	open_btf();
}

void kernel_close_types(void)
{
	munmap(btf, BTF_ROOM);
	free(btf_types);
}
