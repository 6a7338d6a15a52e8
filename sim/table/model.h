/*
 * model.h - what a model declares, and what a personality is
 *
 * A model is one subject (the page allocator, a disk).  A personality is one
 * kernel: a list of models, their argument words and tracepoints, and the
 * functions that boot it.  All tables are constant; models/registry.c lists
 * them in the order of documents, tables and checks.
 */
#ifndef MMSIM_TABLE_MODEL_H
#define MMSIM_TABLE_MODEL_H

#include "sim/table/check.h"
#include "sim/table/export.h"
#include "sim/table/key.h"
#include "sim/table/metric.h"
#include "sim/table/op.h"
#include "sim/table/trace.h"
#include "sim/table/tunable.h"

struct diag;
struct str;

struct model {
	const char *name;
	const struct op *ops;
	int nr_ops;
	const struct check_def *checks;
	int nr_checks;
	const struct tunable_class *const *tunables; /* NULL-terminated, or NULL */
	const struct metric_object *const *metrics;  /* NULL-terminated, or NULL */
};

/* A section of a scenario that belongs to a personality or to the machine: "machine", "files". */
struct section {
	const char *name;
	const struct key_schema *schema;
	bool list; /* a list of such mappings (struct key_list), else one mapping */
	bool required;
	const char *meaning;
	/*
	 * Tests what rows cannot say (overlaps, unknown names); reports to d.  data: the structure,
	 * or the struct key_list.  NULL: nothing.
	 */
	void (*check)(struct diag *d, const struct scenario *sc, const void *data);
};

/* How a series is drawn. */
enum chart_style {
	CHART_LINE,   /* what is, at every sample */
	CHART_LIMIT,  /* a threshold: thin, told apart by its dashes */
	CHART_MEAN,   /* the same, the mean of some samples: for what jumps up and down */
	CHART_RATE,   /* a counter: its difference per second */
	CHART_POINTS, /* a mark for each row: for tracepoints */
	CHART_SHADE,  /* the time while it is not 0 */
	CHART_ACTIVE, /* the time in which a counter grows */
	CHART_SPAN,   /* from each row of a tracepoint to the next one of another */
};

/* One curve of a chart, or one threshold; see models/linux/charts.c for examples. */
struct chart_series {
	const char *table; /* "zone_sample", or a tracepoint; samples of one moment are added up */
	/* Several joined by "+": their sum, each perhaps times a number: "free_0+free_1*2".
	 * CHART_SPAN: the other tracepoint. */
	const char *column;
	const char *label; /* a series stands in for an earlier one of its label without data */
	enum chart_style style;
	int64_t multiply; /* what the column counts, in the panel's unit; 0: 1 */
	int64_t divide;   /* 0: 1 */
};

/* One system of axes. */
struct chart_panel {
	const char *title;  /* "free pages"; the object's keys are added to it */
	enum unit unit;     /* of the values; PAGES are drawn as MiB */
	const char *axis;   /* what the axis says for UNIT_COUNT: "requests"; else NULL */
	const char *each;   /* key columns that make a panel each ("node, zone"); NULL: one panel */
	const char *number; /* column of tracepoints with the first key, if that is a number; else
			     * with the number that table "object" has for kind and name */
	const char *skip;   /* a column: objects where it is always 0 are left out; NULL: none */
	int share;          /* percent: those with less than this of the largest "skip", too; 0 */
	const char *objects; /* table that has "each" and "skip"; NULL: that of the first series */
	const char *split;   /* a key column: a curve for each of its values; NULL: one curve */
	bool skip_zero;      /* curves that are always 0 are left out */
	bool from_zero;      /* values below 0 say that there is none, and are not shown */
	int foot; /* percent of the highest value: what is further below 0 is drawn there,
		   * at the foot of the axis; 0: the axis is as long as it must be */
	int most; /* for several runs: a panel for each of the first so many objects of the
		   * first run, not for the largest alone; 0 */
	const struct chart_series *series;
	int nr_series;
};

/*
 * One picture, one question.  The chart named "compare" is drawn for several runs: each of its
 * series is a panel and each run a curve; of the objects the one with most of "skip", or the
 * first "most".
 */
struct chart {
	const char *name; /* "watermarks" */
	const char *title;
	const char *question;             /* what the picture answers */
	const struct chart_panel *panels; /* those without data are left out */
	int nr_panels;
	bool of_calls; /* not over time, but over the share of calls: of the histograms "latency" */
};

/* One number that tells how a run was, for comparisons. */
enum figure_how {
	FIGURE_LAST, /* at the end: what a counter grew to */
	FIGURE_MAX,  /* of all samples */
	FIGURE_MIN,
	FIGURE_MEAN,
};

struct figure {
	const char *name;   /* "dirty max" */
	const char *table;  /* of one row per sample: "vmstat_sample" */
	const char *column; /* several joined by "+": their sum */
	enum figure_how how;
	enum unit unit;
	const char *meaning;
};

/*
 * Something that goes on for a while, or happens at a moment, in the table of a report: the
 * stretches or moments of a series (CHART_SPAN, CHART_ACTIVE, CHART_POINTS), and how much came of
 * it.
 */
struct happening {
	struct chart_series series; /* stands in for an earlier one of its label without data */
	const char *amount;         /* counters of vmstat_sample, joined by "+"; NULL: none */
	enum unit unit;             /* of the amount */
	const char *amount_is;      /* "reclaimed" */
	const char *meaning;        /* what it tells */
};

/* Series of happenings: from one tracepoint to another, while a counter moves, at a tracepoint. */
#define HAPPENING_SPAN(from, to, label)                                                            \
	{                                                                                          \
		from, to, label, CHART_SPAN, 1, 1                                                  \
	}
#define HAPPENING_ACTIVE(counter, label)                                                           \
	{                                                                                          \
		"vmstat_sample", counter, label, CHART_ACTIVE, 1, 1                                \
	}
#define HAPPENING_MOMENT(trace, field, label)                                                      \
	{                                                                                          \
		trace, field, label, CHART_POINTS, 1, 1                                            \
	}

/* How this run is simpler than the real machine; those that are true are kept in the results. */
struct simplification {
	const char *name;
	bool (*used)(struct sim *s); /* after the boot; NULL: always */
	const char *meaning;
};

/* A part of the kernel that a run used if one of the columns is not always 0. */
struct mechanism {
	const char *name;
	const char *table;
	const char *column; /* several joined by "+" */
	const char *files;  /* whose opening comments say what is simplified; separated by blanks */
};

/* What a command that must know memory hands over to the personality; see sim/cli. */
struct verify_options {
	const char *out; /* --out DIR, or NULL */
	const char *run; /* --run DIR, or NULL: a recorded run instead of a computed one */
	bool quiet;
};

/* A file in which the simulated kernel shows its state, as text. */
struct proc_file {
	const char *path;                             /* below /proc: "zoneinfo" */
	void (*show)(struct sim *s, struct str *out); /* adds the text as it is now */
	const char *meaning;
	/*
	 * A file for each object of a kind, with a name in place of NAME in the path: object i
	 * (NULL: there are no more), and its text instead of show.
	 */
	const char *(*object)(struct sim *s, int i);
	void (*show_object)(struct sim *s, int i, struct str *out);
};

/* A metric of a real machine over time. */
struct real_series {
	const struct metric_object *kind;
	const struct metric *row;
	union metric_key_value keys[METRIC_MAX_KEYS]; /* texts are constant */
	sim_time *t_ns;                               /* owned; since its machine was booted */
	int64_t *values;                              /* owned */
	int n;
};

/* What people read of a metric: its value, or how fast a counter grows, times multiply / divide. */
struct real_reading {
	const struct metric_object *kind;
	const char *metric;
	const char *name; /* "wkB/s" */
	enum unit unit;   /* of the picture */
	int64_t multiply, divide;
	int64_t scale; /* of the picture: the unit has so many to one of the name's */
};

struct real_samples {
	struct real_series *series; /* owned */
	int n;
	char **names; /* owned; what texts among the keys point to */
	int nr_names;
	const struct real_reading *readings; /* constant */
	int nr_readings;
};

/* A setting as a file of a real system has it, and what it is in a scenario. */
struct real_setting {
	const char *place; /* "sysctl", "sysfs" or "boot" (the kernel's command line) */
	const char *name;  /* "vm.swappiness", "/sys/block/sda/queue/read_ahead_kb" */
	const char *value;
	struct str key, text; /* owned by the caller: what --set KEY=TEXT would say */
	const char *why_not;  /* it has no effect here: constant text; else NULL */
	bool exists;          /* with why_not: the real kernel certainly has it */
	const char *wrong;    /* the value cannot be: what is accepted; else NULL */
	const char *rest;     /* end of value that the kernel does not read; NULL or "": none */
};

struct personality {
	const char *name; /* "linux" */
	const char *meaning;
	const struct model *const *models; /* NULL-terminated */
	const struct trace_def *traces;
	int nr_traces;
	const struct key_schema *args;     /* all argument words, size = sizeof(struct args) */
	const struct result_field *fields; /* what can be read of results */
	int nr_fields;
	const struct section *const *sections; /* nr_sections of them */
	int nr_sections;
	const struct chart *charts;
	int nr_charts;
	const struct figure *figures;
	int nr_figures;
	const struct happening *happenings; /* for the report, in the order of its lanes */
	int nr_happenings;
	const struct simplification *simplifications;
	int nr_simplifications;
	const struct mechanism *mechanisms;
	int nr_mechanisms;
	const struct proc_file *procfs;
	int nr_procfs;
	/* For mmsim export; without texts of tracepoints there is no ftrace, and so on. */
	const struct trace_text *trace_texts;
	int nr_trace_texts;
	const struct trace_value *trace_values;
	int nr_trace_values;
	const struct openmetric *openmetrics; /* what is not among them is "mmsim_..." */
	int nr_openmetrics;
	const struct timeline_slice *timeline_slices;
	int nr_timeline_slices;
	const struct timeline_counter *timeline_counters;
	int nr_timeline_counters;

	/* Builds the machine and boots; s->scenario has the sections.  Errors of input were found
	 * before; what only the boot can find goes to d, then false. */
	bool (*boot)(struct sim *s, struct diag *d);
	void (*halt)(struct sim *s); /* frees everything */
	/* Rows of "tasks:" beside those every task has; see workload_task_conf().  NULL: none. */
	const struct key_schema *task_keys;
	/* A new task, and one that ends (its program is done, or it was killed). */
	void (*task_start)(struct task *t);
	/*
	 * The personality's part of a child (task.kernel; task_start follows), made before it is;
	 * NULL and *error: it cannot be.  NULL: there is no fork.
	 */
	void *(*task_fork)(struct task *parent, const char *name, int *error);
	/* What a child (its part) has in place of a parent's object that a name stands for; NULL:
	 * nothing. */
	void *(*inherit)(void *kernel, const char *kind, void *object);
	void (*task_exit)(struct task *t);
	/* Traces that the scenario broke a rule of the kernel, the nr-th time; NULL: it has no
	 * tracepoint for that. */
	void (*trace_bug)(struct sim *s, int64_t nr);
	/*
	 * Grows whenever the kernel gets on with what tasks wait for: pages given out and freed,
	 * I/O done.  Looking for pages in vain is no progress.  NULL: all counters are summed up.
	 */
	uint64_t (*progress)(struct sim *s);
	/* Before the first sample and before the final one; may be NULL. */
	void (*settle)(struct sim *s);
	/* The object behind a name that no call gave (a file of the scenario); NULL: none, and a
	 * call that wants it returns -ENOENT. */
	void *(*lookup)(struct task *t, const char *kind, const char *name);
	/* The calls of a step work on this object: it stays, whoever gives it back meanwhile. */
	void (*get)(const char *kind, void *object);
	/* These calls are made; or a task ends that had this object, looked up or given by one of
	 * its calls, and nobody else knows it.  NULL, as get is then: such objects stay. */
	void (*put)(struct task *t, const char *kind, void *object);
	/* A kind of object that calls never get as NULL: using a name whose call failed is a
	 * failure of the scenario.  NULL: there is none. */
	const char *needed_kind;
	/* CPUs of the scenario's machine (node -1), or of one of its nodes; -1: there is no such
	 * node. Asked before the run, so that tasks can be placed. */
	int (*nr_cpus)(const struct scenario *sc, int node);
	/* Size in bytes of an object that streams work on (a file). */
	int64_t (*object_size)(struct task *t, const char *kind, void *object);
	/* Rough need of host memory in bytes for this scenario, for a refusal before the start. */
	uint64_t (*estimate)(const struct scenario *sc);

	/* Whether a directory is a capture this personality can verify, and doing so: 0 all equal,
	 * 1 a difference, 2 unreadable.  Prints a line per quantity to stdout. */
	bool (*verify_knows)(const char *dir);
	int (*verify)(const char *dir, const struct verify_options *o);
	/* Writes the machine of a collected directory as YAML; false after reporting to d. */
	bool (*import)(struct diag *d, const char *dir, struct str *out);
	/*
	 * Reads the samples that were collected in a directory; false after reporting to d.  What
	 * is in out then is to be freed with real_samples_free in any case.  NULL: none.
	 */
	bool (*real_samples)(struct diag *d, const char *dir, struct real_samples *out);
	/* The least simulated time of a call of so many bytes at once; ns, 0: not known. */
	uint64_t (*least_ns)(struct sim *s, const struct op *op, int64_t bytes);
	/* After the boot: values that look like mistakes but are none, a line each. */
	void (*notes)(struct sim *s, struct str *out);
	/*
	 * Whether a call whose row has OP_MAY_SLEEP may sleep with these arguments: by which word,
	 * and what of it would not (both constant).  NULL: there are no such calls.
	 */
	bool (*sleeps)(const struct args *a, const char **word, const char **accepted);
	/* Looks a setting of a real system up; false: there is none of this name.  NULL: none. */
	bool (*real_setting)(struct real_setting *r);
};

/* Everything a run knows of its tables. */
struct tables {
	const struct personality *personality;
	const struct tunable_class *tunables[32]; /* NULL-terminated */
	const struct metric_object *metrics[32];  /* NULL-terminated */
	struct trace_state trace;
	enum check_when check_when;
	/* Told of each value in force at the start and each change; set by the recorder. */
	void (*tunable_changed)(struct sim *s, const struct tunable_ref *ref, const int64_t *v);
};

/* Collects the tables of a personality; tunables and metrics of all its models in order. */
void tables_init(struct tables *t, const struct personality *p);
void tables_free(struct tables *t);
/* Adds a value to the series of a metric, which begins with it if there is none. */
void real_samples_add(struct real_samples *s, const struct metric_object *kind,
		      const struct metric *row, const union metric_key_value *keys, sim_time t_ns,
		      int64_t value);
/* A copy of a text that lives as long as the samples. */
const char *real_samples_name(struct real_samples *s, const char *text);
void real_samples_free(struct real_samples *s);
/* Looks a call up by name; NULL if there is none. */
const struct op *op_find(const struct personality *p, const char *name);
/*
 * The row of a word that a call takes, of len characters: the one of this call, else the one of
 * all; NULL: there is none.
 */
const struct key *op_word(const struct key_schema *args, const struct op *op, const char *name,
			  size_t len);
/* A metric by object kind and name; object NULL: the first kind that has it, machine first. */
const struct metric *metric_find(const struct tables *t, const char *object, const char *name,
				 const struct metric_object **kind);

/* enum trace_use; 0: nobody asked for it. */
static inline uint8_t trace_is_on(const struct sim *s, int id)
{
	return s->tables->trace.on[id];
}
#endif
