/*
 * procfs_text.c - files of /proc as text: line by line against those of the real machine
 *
 * Every line must have the form of the recorded one: the same words and blanks
 * once the numbers are taken out.  Where a number follows from the machine and
 * its settings alone, it must be equal as well; what programs did until the
 * file was read cannot be.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/verify/procfs_text.h"

/* Whether a line tells what was going on, not how the machine is. */
static bool is_activity(const char *line)
{
	static const char *const words[] = { "nr_",   "numa_",  "workingset_", "pgpromote_",
					     "pages", "count:", "boost" };

	line += strspn(line, " ");
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return strncmp(line, "pagesets", 8) != 0;
	return false;
}

/* Whether all numbers of a line follow from the machine and its settings. */
static bool is_of_machine(const char *file, const char *line)
{
	static const char *const sizes[] = { "MemTotal:", "SwapTotal:", "CommitLimit:", "Huge" };

	if (strcmp(file, "vmstat") == 0)
		return false;
	if (strcmp(file, "meminfo") != 0)
		return !is_activity(line);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (strncmp(line, sizes[i], strlen(sizes[i])) == 0)
			return true;
	return false;
}

/*
 * The form of a line.  A number that begins in its column becomes one letter, whatever its length;
 * in a table they end in their columns, and digits become blanks.
 */
static char *form_of(const char *line, bool table)
{
	struct str form = { 0 };

	str_add(&form, "");
	for (const char *p = line; *p; p++) {
		if (!isdigit((unsigned char)*p))
			str_addc(&form, *p);
		else if (table)
			str_addc(&form, ' ');
		else if (p == line || !isdigit((unsigned char)p[-1]))
			str_addc(&form, 'N');
	}
	return form.s;
}

/* The sum of the counts in a row of a table: "Node 0, zone DMA  1  7". */
static int64_t row_sum(const char *line)
{
	const char *p = strstr(line, "zone");
	int64_t sum = 0, v;

	p += strspn(p, "zone");
	p += strspn(p, " ");
	p += strcspn(p, " "); /* the name of the zone may have digits */
	for (; *(p += strspn(p, " ")); p += strcspn(p, " "))
		sum += verify_parse(p, &v) ? v : 0;
	return sum;
}

static void compare_line(struct procfs_quantities *q, const char *file, const char *where,
			 const char *computed, const char *recorded, bool table)
{
	char *a = form_of(computed, table), *b = form_of(recorded, table);
	bool node = strncmp(recorded, "Node", 4) == 0;

	verify_count(q->form, strcmp(a, b) == 0, "%s: \"%s\", recorded \"%s\"", where, computed,
		     recorded);
	if (!table || !node) {
		if (is_of_machine(file, recorded))
			verify_count(q->values, strcmp(computed, recorded) == 0,
				     "%s: \"%s\", recorded \"%s\"", where, computed, recorded);
	} else if (strstr(where, "pagetypeinfo") && !strstr(recorded, ", type") &&
		   strcmp(a, b) == 0) {
		/* of which type a pageblock is changes, how many there are does not */
		verify_count_number(q->values, row_sum(computed), row_sum(recorded), where);
	}
	sim_free(a);
	sim_free(b);
}

static void compare_file(struct verify_case *c, struct sim *s, const char *snapshot,
			 const struct proc_file *file, struct procfs_quantities *q)
{
	char *path = str_format("%s/%s.txt", snapshot, file->path);
	struct verify_text recorded;

	if (verify_read(c, path, &recorded)) {
		struct str text = { 0 };
		struct verify_text computed = { 0 };
		bool table =
		    strcmp(file->path, "zoneinfo") != 0 && strcmp(file->path, "vmstat") != 0;

		file->show(s, &text);
		computed.next = text.s;
		for (;;) {
			char *a = verify_line(&computed), *b = verify_line(&recorded), *where;

			if (!a && !b)
				break;
			/* a CPU may have more addresses: page tables of five levels */
			if (a && b && strncmp(a, "VmallocTotal:", 13) == 0 &&
			    strncmp(b, "VmallocTotal:", 13) == 0)
				continue;
			where = str_format("%s:%d", path, a ? computed.line : recorded.line);
			compare_line(q, file->path, where, a ? a : "", b ? b : "", table);
			sim_free(where);
		}
		str_free(&text);
		verify_text_free(&recorded);
	}
	sim_free(path);
}

void compare_procfs(struct verify_case *c, struct sim *s, const char *snapshot,
		    struct procfs_quantities *q)
{
	for (int i = 0; i < NR_LINUX_PROCFS; i++)
		if (linux_procfs[i].show)
			compare_file(c, s, snapshot, &linux_procfs[i], q);
}
