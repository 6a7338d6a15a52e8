/*
 * written_disk.h - a disk for tests, from what a scenario would write of it
 */
#ifndef MMSIM_TESTS_WRITTEN_DISK_H
#define MMSIM_TESTS_WRITTEN_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "models/hw/machine.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/yaml.h"

struct written_disk {
	struct diag diag;
	struct arena arena;
	struct yaml_doc *doc;
	struct sim *s; /* NULL: not made */
	struct disk disk;
};

/* Reads what is written of a disk, over whatever was in w; false: it is refused (w->diag). */
static inline bool written_disk_read(struct written_disk *w, const char *text,
				     struct disk_conf *conf)
{
	struct bind bind = { &w->diag, &w->arena, NULL };

	memset(w, 0, sizeof(*w));
	w->doc = yaml_parse_text(&w->diag, "disk", text, strlen(text));
	assert_non_null(w->doc);
	assert_true(bind_map(&bind, &disk_schema, yaml_root(w->doc), conf));
	disk_check(&w->diag, conf);
	return !diag_failed(&w->diag);
}

/* Reads it and makes it, on a machine of one CPU. */
static inline void written_disk_make(struct written_disk *w, const char *text)
{
	struct disk_conf conf;

	assert_true(written_disk_read(w, text, &conf));
	w->s = sim_new(1);
	disk_init(w->s, &w->disk, &conf, 0);
}

static inline void written_disk_free(struct written_disk *w)
{
	if (w->s) {
		disk_free(&w->disk);
		sim_free_run(w->s);
	}
	yaml_doc_free(w->doc);
	diag_free(&w->diag);
	arena_free(&w->arena);
	memset(w, 0, sizeof(*w));
}
#endif
