/*
 * command_line.c - what a real kernel's command line says, as keys of "linux:"
 *
 * Sizes stand there as the kernel reads them (memparse): in any base of C, with one letter as the
 * unit, and what follows is not looked at.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/boot/boot.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/verify/machine_case.h"

char *machine_case_parameter(const char *line, const char *name)
{
	const char *last = NULL;
	size_t len = strlen(name);

	for (const char *p = line; (p = strstr(p, name)); p += len)
		if ((p == line || p[-1] == ' ') && p[len] == '=')
			last = p + len + 1;
	return last ? sim_strndup(last, strcspn(last, " ")) : NULL;
}

/* Bytes; a unit more is a factor of 1024. */
static uint64_t memparse(const char *text)
{
	static const char units[] = "kmgtpe";
	char *end;
	uint64_t bytes = strtoull(text, &end, 0);
	const char *unit = *end ? strchr(units, *end | 0x20) : NULL;

	return unit ? bytes << 10 * (unit - units + 1) : bytes;
}

/* kernelcore= and movablecore=: a share or a size, "mirror" of the first one; what is no number is
 * none. */
static char *core_parameter(const char *line, const char *name)
{
	char *text = machine_case_parameter(line, name), *end, *size = NULL;
	struct boot_size as_is;
	uint64_t share;

	if (!text || (strcmp(name, "kernelcore") == 0 && strcmp(text, KERNELCORE_MIRROR) == 0))
		return text;
	if (*text < '0' || *text > '9') {
		sim_free(text);
		return NULL;
	}
	share = strtoull(text, &end, 0);
	if (boot_size_parse(text, &as_is, NULL) &&
	    (*end == '%' ? as_is.percent == share && share <= 100 : as_is.bytes == memparse(text)))
		return text;
	if (*end == '%') /* more than all is all */
		size = str_format("%" PRIu64 "%%", min_u64(share, 100));
	else if (memparse(text))
		size = str_format("%" PRIu64 "K", memparse(text) >> 10);
	sim_free(text);
	return size;
}

/* The size that a word of the command line names; HUGE_MAX_HSTATE: one that x86 has not. */
static int hugepagesz(const char *text)
{
	struct boot_size size;

	if (!boot_size_parse(text, &size, NULL))
		return HUGE_MAX_HSTATE;
	return size.bytes == 2 << 20   ? HSTATE_2M
	       : size.bytes == 1 << 30 ? HSTATE_1G
				       : HUGE_MAX_HSTATE;
}

static const char *value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

/*
 * hugepages= is of the size that was named last, as hugepagesz= or default_hugepagesz=; before any
 * is named, of the default size, and then it counts more than what is said of that size by name.
 */
static void read_hugepages(struct machine_case *m, const char *line)
{
	enum { NOT_NAMED = HUGE_MAX_HSTATE + 1 };
	const char *of_default = NULL, *of[HUGE_MAX_HSTATE] = { NULL }, *value;
	int here = NOT_NAMED, def = HSTATE_2M;
	char *copy = sim_strdup(line), *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if ((value = value_of(word, "default_hugepagesz")) != NULL) {
			here = hugepagesz(value);
			def = here < HUGE_MAX_HSTATE ? here : def;
		} else if ((value = value_of(word, "hugepagesz")) != NULL) {
			here = hugepagesz(value);
		} else if ((value = value_of(word, "hugepages")) != NULL) {
			if (here == NOT_NAMED)
				of_default = of_default ? of_default : value;
			else if (here < HUGE_MAX_HSTATE && !of[here])
				of[here] = value;
		}
	}
	if (of_default)
		of[def] = of_default;
	m->kernel.default_hugepagesz = def;
	m->hugepages = of[def] ? sim_strdup(of[def]) : NULL;
	m->hugepages_other = of[!def] ? sim_strdup(of[!def]) : NULL;
	m->kernel.hugepages = m->hugepages;
	*(def == HSTATE_1G ? &m->kernel.hugepages_2M : &m->kernel.hugepages_1G) =
	    m->hugepages_other;
	sim_free(copy);
}

void machine_case_command_line(struct machine_case *m, const char *line)
{
	m->kernel.kernelcore = m->kernelcore = core_parameter(line, "kernelcore");
	m->kernel.movablecore = m->movablecore = core_parameter(line, "movablecore");
	read_hugepages(m, line);
	/* ZONE_MOVABLE is then what the firmware calls hotpluggable, whatever else is said */
	m->movable_node = strstr(line, "movable_node") != NULL;
	if (m->movable_node)
		m->kernel.kernelcore = m->kernel.movablecore = NULL;
}
