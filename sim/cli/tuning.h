/*
 * tuning.h - settings from files of a real system: sysctl.d fragments and profiles of tuned
 *
 * Both are read line by line and become settings as --set gives them, in the order in which they
 * stand; what has nothing to do with memory is named and left out.
 */
#ifndef MMSIM_CLI_TUNING_H
#define MMSIM_CLI_TUNING_H

#include "sim/cli/cli.h"
#include "sim/scenario/scenario.h"

#define TUNING_MAX_FILES 64

enum tuning_kind {
	TUNING_SYSCTL, /* sysctl.conf(5), sysctl.d(5) */
	TUNING_TUNED,  /* tuned.conf(5), with the profiles it includes */
};

struct tuning {
	struct {
		enum tuning_kind kind;
		const char *path; /* borrowed */
	} files[TUNING_MAX_FILES];
	int nr_files;
	char **owned; /* owned; paths of files in folders */
	int nr_owned;
	struct setting *sets; /* owned, and so are the texts; a key stands once */
	int nr_sets;
	struct diag *diag; /* owned: the files */
};

/*
 * Remembers a file of --sysctl or --tuned, or all fragments (NAME.conf) of a folder in the order of
 * their names; false (said): there are too many, or there is none in the folder.
 */
bool tuning_add(struct tuning *t, const struct cli_command *command, enum tuning_kind kind,
		const char *path);
/*
 * Reads the files for a scenario, whose kernel and disks count; lines without effect are named on
 * standard error unless quiet.  0, or an exit code after all errors were printed.
 */
int tuning_read(struct tuning *t, const struct cli *cli, const char *scenario, bool quiet);
/*
 * The settings of the files and those of the command line behind them, which win; in fresh memory,
 * the texts are borrowed.
 */
struct setting *tuning_with(const struct tuning *t, const struct setting *sets, int nr_sets,
			    int *n);
void tuning_free(struct tuning *t);

/* For the commands that take such files. */
#define TUNING_OPTIONS(sysctl_id, tuned_id)                                                        \
	{ sysctl_id, "sysctl", "FILE|DIR",                                                         \
	  "set the tunables that a file of sysctl.d, or a folder of such, sets" },                 \
	{                                                                                          \
		tuned_id, "tuned", "PROFILE", "set what the tuned.conf of a profile sets"          \
	}
#endif
