/*
 * written_disk.h - a disk for tests, from what a scenario would write of it, and what it is asked
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

#define WRITTEN_REQUESTS 464 /* that a test may have at once */

struct written_disk;

/* When a request is given to the disk. */
struct written_issue {
	struct event e;
	struct written_disk *w;
	int i;
};

struct written_disk {
	struct diag diag;
	struct arena arena;
	struct yaml_doc *doc;
	struct sim *s; /* NULL: not made */
	struct disk disk;

	struct disk_request rq[WRITTEN_REQUESTS];
	struct written_issue issue[WRITTEN_REQUESTS];
	sim_time done_at[WRITTEN_REQUESTS]; /* of each that ended in written_disk_done */
	int order[WRITTEN_REQUESTS];        /* of their ends */
	int nr_done;
};

/* Reads what is written of a disk, over whatever was in w; false: it is refused (w->diag). */
static inline bool written_disk_read(struct written_disk *w, const char *text,
				     struct disk_conf *conf)
{
	struct bind bind = { .d = &w->diag, .arena = &w->arena };

	memset(w, 0, sizeof(*w));
	w->doc = yaml_parse_text(&w->diag, "disk", text, strlen(text));
	assert_non_null(w->doc);
	assert_true(bind_map(&bind, &disk_schema, yaml_root(w->doc), conf));
	disk_check(&w->diag, conf, 1);
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

/* The end of a request of rq. */
static inline void written_disk_done(struct disk *disk, struct disk_request *rq)
{
	struct written_disk *w = CONTAINER_OF(disk, struct written_disk, disk);
	int i = (int)(rq - w->rq);

	w->done_at[i] = w->s->now;
	w->order[w->nr_done++] = i;
}

static inline void written_disk_issue(struct sim *s, struct event *e)
{
	const struct written_issue *issue = CONTAINER_OF(e, struct written_issue, e);

	(void)s;
	disk_issue(&issue->w->disk, &issue->w->rq[issue->i]);
}

/* Request i is given to the disk at a time. */
static inline void written_disk_issue_at(struct written_disk *w, int i, enum disk_op op,
					 uint64_t sector, uint64_t sectors, sim_time at)
{
	w->rq[i] = (struct disk_request){
		.op = op, .sector = sector, .sectors = sectors, .done = written_disk_done
	};
	w->issue[i].w = w;
	w->issue[i].i = i;
	event_schedule(w->s, &w->issue[i].e, at, EVENT_WORK, written_disk_issue);
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
