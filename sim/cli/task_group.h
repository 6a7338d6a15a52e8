/*
 * task_group.h - tasks that are told as one
 *
 * A service that forks hundreds of children has hundreds of tasks that nobody wants to read one by
 * one.  Children have the name of their parent and a number ("service+7"), tasks declared by one
 * "count" their name and a number ("reader.7"); where there are many alike, they are the group
 * "service+*", "reader.*".  No task of a scenario can be called so.
 */
#ifndef MMSIM_CLI_TASK_GROUP_H
#define MMSIM_CLI_TASK_GROUP_H

#include "sim/cli/cli.h"

#define TASK_GROUP_ALONE 8 /* so many alike are told one by one */

struct task_group {
	char *name;      /* owned: "service+*" */
	char *shown;     /* owned: "service+* (300)"; of several runs that differ "(298..300)" */
	int least, most; /* tasks in a run; runs without any do not count */
};

struct task_groups {
	struct task_group *g; /* owned */
	int n;
};

/* The groups of some runs: a kind of task that any of them has many of. */
void task_groups_read(struct task_groups *gs, struct db *const *dbs, int n);
/* The group of a task; NULL: it stands alone. */
const struct task_group *task_group_of(const struct task_groups *gs, const char *task);
/* Whether a task has the name of a group, "service+12" that of "service+*". */
bool task_group_has(const char *group, const char *task);
void task_groups_free(struct task_groups *gs);

/* The tasks of a run in the order of their birth, each name owned by the caller; how many. */
size_t task_names(struct db *db, char ***names);

/* How long calls took, of a task or of a group: the histograms of all its tasks together. */
struct call_bucket {
	int64_t ns, count; /* shortest time, calls */
};
struct call_times {
	char *task, *op;                /* owned; task: that of the group, if it is of one */
	const struct task_group *group; /* borrowed from the groups; NULL: a task */
	struct call_bucket *bucket;     /* owned; from short to long */
	size_t n, cap;
	int64_t calls;
};
struct call_list {
	struct call_times *c; /* owned */
	size_t n, cap;
};

/* The shortest time of the bucket within which so many of 1000 calls ended, ns; of some calls. */
int64_t call_times_within(const struct call_times *c, int per_1000);

/* All calls of a run, task by task. */
void call_list_read(struct call_list *l, struct db *db, const struct task_groups *gs);
void call_list_free(struct call_list *l);
#endif
