/*
 * import_thp.c - from files of /sys/kernel/mm/transparent_hugepage to "sysctl:" of a scenario
 *
 * Of words the file shows all, with brackets around the one in force: "always defer [madvise]
 * never".
 */
#include "models/linux/import_thp.h"

#include <string.h>

#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/khugepaged.h"

/* What is between brackets, all of the line if there are none. */
static const char *in_force(char *line)
{
	char *open = strchr(line, '['), *close = open ? strchr(open, ']') : NULL;

	if (!close)
		return line;
	*close = '\0';
	return open + 1;
}

static void print_row(struct verify_case *c, const struct tunable_class *class,
		      const struct tunable *row, struct str *out)
{
	char *path = str_format("%s/%s", class->where + 1, row->name), *why = NULL;
	struct tunable_value value = { 0 };
	struct verify_text t;
	char *line;

	if (!verify_read(c, path, &t)) {
		sim_free(path);
		return;
	}
	line = verify_line(&t);
	if (!tunable_parse(row, line ? in_force(line) : "", &value, &why)) {
		verify_error(c, "%s: %s", path, why);
	} else if (value.v[0] != row->def) {
		str_addf(out, "  %s.%s: ", class->prefix, row->name);
		if (row->unit == UNIT_BOOL)
			str_add(out, value.v[0] ? "true" : "false");
		else
			tunable_print_value(out, row, value.v);
		str_addc(out, '\n');
	}
	sim_free(why);
	verify_text_free(&t);
	sim_free(path);
}

void import_thp(struct verify_case *c, struct str *out)
{
	static const struct tunable_class *const classes[] = { &thp_tunables,
							       &khugepaged_tunables };

	for (size_t k = 0; k < ARRAY_LEN(classes); k++)
		for (int i = 0; i < classes[k]->nr_rows; i++)
			if (strcmp(classes[k]->rows[i].name, "enabled") != 0)
				print_row(c, classes[k], &classes[k]->rows[i], out);
}
