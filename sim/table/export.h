/*
 * export.h - how a kernel's own tools would show what results hold
 *
 * Rows of a personality for mmsim export: the text of each tracepoint, the names that exporters
 * give to counters, and what of the tracepoints lasts from one moment to another.
 */
#ifndef MMSIM_TABLE_EXPORT_H
#define MMSIM_TABLE_EXPORT_H

#include "sim/base/types.h"

struct str;

/* ---- tracepoints as text ---- */

/* What the text of a value may need beside the value. */
struct trace_scene {
	const char *task; /* in whose context; "" outside of tasks */
	/* The name of object id of a kind, as table "object" has it; NULL: none. */
	const char *(*name)(const struct trace_scene *scene, const char *kind, int64_t id);
	/* The number of the object of a kind with this name; -1: none. */
	int64_t (*number)(const struct trace_scene *scene, const char *kind, const char *name);
	/* The task that has this number; NULL: not known. */
	const char *(*task_of)(const struct trace_scene *scene, int64_t pid);
	const void *names; /* for these three */
	int64_t t_ns;
};

#define TRACE_VALUE_MAX_FIELDS 2

/* A way to write fields that are not plain numbers: "{gfp_flags:gfp}" has the kind "gfp". */
struct trace_value {
	const char *kind;
	int nr_fields; /* that it takes; 0: what it writes depends on the scene alone */
	void (*print)(struct str *out, const struct trace_scene *scene, const int64_t *v);
};

/*
 * The text of a tracepoint as the real kernel prints it.  Of the format "{field}" is a number,
 * "{field:kind}" and "{field,field:kind}" are written by a struct trace_value, "{:kind}" is
 * written from the scene; all else stands as it is.
 */
struct trace_text {
	const char *name; /* of the tracepoint */
	const char *format;
	const char *gap; /* what of it the real kernel knows and results do not; NULL: nothing */
};

/* ---- samples under the names of an exporter ---- */

enum openmetric_type {
	OPENMETRIC_GAUGE,
	OPENMETRIC_COUNTER, /* its samples end in _total */
	OPENMETRIC_UNKNOWN, /* what the exporter does not know the type of */
};

/* A metric of an exporter, from columns of samples. */
struct openmetric {
	const char *name; /* "node_memory_Dirty_bytes"; of a counter without "_total" */
	enum openmetric_type type;
	const char *table;
	const char *columns; /* joined by "+" and "-" */
	/*
	 * Labels and the key columns they come from: "device=name, node"; with a value in quotes
	 * one that is always the same: "size='0'".  Rows of one moment with equal labels are
	 * added up.
	 */
	const char *labels;
	int64_t multiply, divide; /* 0: 1; rounded down */
	int decimals;             /* the last so many digits stand behind the point */
};

/* ---- what lasts ---- */

enum timeline_kind {
	TIMELINE_SPAN,    /* from a row of begin to the next one of end, of the same task */
	TIMELINE_PERIOD,  /* lasts so long from a row of begin on */
	TIMELINE_BEFORE,  /* lasted so long until a row of begin */
	TIMELINE_INSTANT, /* a moment: a row of begin */
	TIMELINE_STATE, /* a field of begin says what the task is in from then on; its own track */
};

/* Something that a task was in, or that happened to it. */
struct timeline_slice {
	const char *name; /* "direct reclaim"; of states what their track is called */
	enum timeline_kind kind;
	const char *begin; /* tracepoint */
	const char *end;   /* of a span: names of tracepoints, separated by blanks */
	const char *field; /* of begin: how long; what is not above 0 did not last.  The state */
	int64_t unit_ns;   /* of how long */
	const char *const *states; /* names of the states 0..nr_states - 1; all others are none */
	int nr_states;
};

/* A curve beside them: a column of samples, for each object. */
struct timeline_counter {
	const char *track; /* the group it stands in: "free pages" */
	const char *table;
	const char *column;
	const char *name; /* "low watermark" */
	const char *keys; /* key columns that tell objects apart: "node, zone"; NULL: one object */
	bool rate;        /* a counter: how fast it grows, per second */
	const char *unit; /* "pages", "ns"; of rates "pages/s" */
};
#endif
