/*
 * machine_case.h - the machine that a case of the family topology describes
 *
 * For verification and for "mmsim import".
 */
#ifndef MMSIM_LINUX_MACHINE_CASE_H
#define MMSIM_LINUX_MACHINE_CASE_H

#include "models/linux/conf.h"
#include "models/linux/verify/verify.h"

#define MACHINE_CASE_RANGES 64 /* stretches of RAM a node may have */
#define MACHINE_CASE_MAP    512

/* Everything that the sections machine and linux need, and where it is kept. */
struct machine_case {
	struct machine_conf machine;
	struct linux_conf kernel;

	struct node_conf nodes[MACHINE_MAX_NODES];
	struct key_ints ranges[MACHINE_MAX_NODES][MACHINE_CASE_RANGES];
	int64_t range_values[MACHINE_MAX_NODES][MACHINE_CASE_RANGES][2];
	int64_t cpu_ids[MACHINE_MAX_CPUS];
	int nr_cpus;
	struct memory_map_conf map[MACHINE_CASE_MAP];
	struct key_ints distance_rows[MACHINE_MAX_NODES];
	int64_t distances[MACHINE_MAX_NODES][MACHINE_MAX_NODES];
	struct zone_fact zones[MACHINE_MAX_NODES * MAX_NR_ZONES];
	int64_t movable_blocks[64];
	char *kernelcore, *movablecore;    /* owned */
	char *numa;                        /* owned; "off", "fake=4" */
	char *hugepages, *hugepages_other; /* owned; of the default size and of the other one */
	bool movable_node;
};

/* Reads case.yaml; false after reporting to c->diag. */
bool machine_case_read(struct verify_case *c, struct machine_case *m);
void machine_case_free(struct machine_case *m);

/* The value of the last "name=" on a kernel's command line, NULL if there is none; the caller frees
 * it. */
char *machine_case_parameter(const char *line, const char *name);
/* The boot parameters of the simulated kernel that stand on a command line. */
void machine_case_command_line(struct machine_case *m, const char *line);

/* A kernel that was booted on the machine of a case. */
struct booted_case {
	struct sim *sim;
	struct tables tables;
	struct linux_vm vm;
};

bool booted_case_start(struct verify_case *c, const struct machine_case *m, struct booted_case *b);
void booted_case_stop(struct booted_case *b);

/*
 * Takes over the values of /proc/sys/vm in force at the beginning of a case (settled/sysctl-vm.txt)
 * and computes the limits from them, as writing min_free_kbytes and lowmem_reserve_ratio does.
 */
void booted_case_settle(struct verify_case *c, struct booted_case *b);

/* Of these two: stores one value as it stands (name with or without "vm."); where: for errors. */
void booted_case_store(struct verify_case *c, struct booted_case *b, const char *name,
		       const char *text, const char *where);
/* Computes the limits from all values, and fills the pool of huge pages. */
void booted_case_limits(struct booted_case *b);

/*
 * Writes text to a file of /proc/sys/vm as a program would.  0, or a negative errno value.  What
 * mmsim does not know is accepted without effect.
 */
int sysctl_vm_write_text(struct sim *s, const char *name, const char *text);

/* Compares the values in force with those of SNAPSHOT/sysctl-vm.txt, if the case has that. */
void compare_sysctl_text(struct verify_case *c, struct sim *s, const char *snapshot,
			 struct verify_quantity *q);
#endif
