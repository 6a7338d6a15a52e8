/*
 * sys_thp.c - /sys/kernel/mm/transparent_hugepage: a file for each tunable of huge pages
 *
 * Of the files with words all words are shown, the one in force in brackets.
 */
#include <inttypes.h>

#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/khugepaged.h"
#include "models/linux/procfs/procfs.h"

static const char *row_name(const struct tunable_class *class, int i)
{
	return i < class->nr_rows ? class->rows[i].name : NULL;
}

static void row_show(struct sim *s, const struct tunable_class *class, int i, struct str *out)
{
	const struct tunable *row = &class->rows[i];
	const struct tunable_ref ref = { .class = class, .row = row };
	int64_t v[TUNABLE_MAX_VALUES];

	tunable_read(s, &ref, v);
	for (const struct key_word *w = row->words; w && w->name; w++)
		str_addf(out, w->value == v[0] ? "%s[%s]" : "%s%s", w == row->words ? "" : " ",
			 w->name);
	if (!row->words)
		str_addf(out, "%" PRId64, v[0]);
	str_addc(out, '\n');
}

const char *sys_thp_name(struct sim *s, int i)
{
	(void)s;
	return row_name(&thp_tunables, i);
}

void sys_thp_show(struct sim *s, int i, struct str *out)
{
	row_show(s, &thp_tunables, i, out);
}

const char *sys_khugepaged_name(struct sim *s, int i)
{
	(void)s;
	return row_name(&khugepaged_tunables, i);
}

void sys_khugepaged_show(struct sim *s, int i, struct str *out)
{
	row_show(s, &khugepaged_tunables, i, out);
}
