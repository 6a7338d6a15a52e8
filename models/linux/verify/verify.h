/*
 * verify.h - cases captured from a real kernel: reading, comparing, writing
 *
 * A case is a folder with case.yaml and tables of text, any of them packed with
 * gzip.  Its family says what is in it; a family is one file of this folder.
 * Only the inputs of a case may reach the model; recorded outputs are read for
 * comparison, after the model has given its own.
 */
#ifndef MMSIM_LINUX_VERIFY_H
#define MMSIM_LINUX_VERIFY_H

#include <stdio.h>

#include "models/linux/linux.h"

#define VERIFY_EQUAL      0
#define VERIFY_DIFFERENT  1
#define VERIFY_UNREADABLE 2
#define VERIFY_HOST       3 /* the host failed: disk full, no permission */

struct verify_case {
	const char *dir;    /* as given, without a slash at the end */
	char *name;         /* owned; its last part */
	const char *family; /* borrowed */
	const struct verify_options *o;
	struct diag *diag; /* borrowed */
	struct yaml_doc *doc;
	const struct yaml_node *yaml; /* case.yaml */
	char *out;                    /* owned; DIR/<name>, NULL: nothing is written */
	bool different;
	bool compared; /* something was */
	bool host_failed;
};

struct verify_family {
	const char *name; /* family: in case.yaml */
	/* Computes, compares and writes; false: the case cannot be read (said in c->diag). */
	bool (*run)(struct verify_case *c);
	/*
	 * Compares the run recorded in other, of the same family, with that in c, and computes
	 * nothing; false: c cannot be read.  NULL: what it records are no runs.
	 */
	bool (*compare)(struct verify_case *c, struct verify_case *other);
};

extern const struct verify_family verify_topology;
extern const struct verify_family verify_alloc;
extern const struct verify_family verify_readahead;
extern const struct verify_family verify_writeback;
extern const struct verify_family verify_api;
extern const struct verify_family verify_reclaim;

/* The hooks of the personality. */
bool linux_verify_knows(const char *dir);
int linux_verify(const char *dir, const struct verify_options *o);
/*
 * import.c: adds the machine that a case of the family topology describes to out, as a document
 * with the sections machine, linux and sysctl; of a folder of a disk what import_disk.h says. False
 * after reporting to d.
 */
bool linux_import(struct diag *d, const char *dir, struct str *out);

/* Reads case.yaml; false after reporting to c->diag. */
bool verify_open(struct verify_case *c, const char *dir);
void verify_close(struct verify_case *c);
/* An input is not as it should be: "what; what would be accepted". */
void verify_error(struct verify_case *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- keys of case.yaml ---- */

/* A whole number (decimal or 0x); false if node is none. */
bool verify_number(const struct yaml_node *node, int64_t *v);
/* The number of a key; absent or no number: an error, and 0. */
int64_t verify_int(struct verify_case *c, const struct yaml_node *map, const char *key);
/* The same where only min to max are accepted; min after an error. */
int64_t verify_int_in(struct verify_case *c, const struct yaml_node *map, const char *key,
		      int64_t min, int64_t max);
/* The same of a key that may be missing: def then. */
int64_t verify_optional_in(struct verify_case *c, const struct yaml_node *map, const char *key,
			   int64_t def, int64_t min, int64_t max);

/* ---- tables of text ---- */

/* A file in memory, read line by line; lines are cut in place. */
struct verify_text {
	char *text; /* owned; NULL: not read */
	char *next; /* what is left */
	int line;   /* number of the line that was given last */
};

/* Reads PATH or PATH.gz below the case; false if there is none (no error) or it cannot be read. */
bool verify_read(struct verify_case *c, const char *path, struct verify_text *t);
bool verify_exists(const struct verify_case *c, const char *path);
void verify_text_free(struct verify_text *t);
/* The next line without its end; NULL at the end of the text. */
char *verify_line(struct verify_text *t);
/* The next word of a line, "" at its end; *line is moved behind it. */
char *verify_word(char **line);
/* The number behind the word key in a line of words; false if there is none.  Line stays whole. */
bool verify_field(const char *line, const char *key, int64_t *v);
/* A number as it stands in tables: decimal, or with 0x. */
bool verify_parse(const char *word, int64_t *v);

/* ---- what is compared ---- */

/* One kind of value of a case, compared exactly. */
struct verify_quantity {
	const char *name;
	uint64_t total, equal;
	char *first; /* owned; the first difference, in words */
};

/* Counts one value; the text says which, as "zone 0 DMA min: 12, recorded 13". */
void verify_count(struct verify_quantity *q, bool equal, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void verify_count_number(struct verify_quantity *q, int64_t computed, int64_t recorded,
			 const char *what);
/* "topology/m4g  wmark  36 of 36 equal"; nothing where nothing was compared. */
void verify_report(struct verify_case *c, struct verify_quantity *q, int n);

/* ---- known.c: what is not compared ---- */

/* A column of a case whose value may differ in some rows. */
struct verify_known {
	char *file, *column, *reason; /* owned */
	int64_t rows, left;           /* so many, and so many not yet met */
};

struct verify_known_list {
	struct verify_known *known; /* owned */
	size_t n, cap;
};

/* The lines of known-differences.txt that speak of this case; none is no error. */
void verify_known_read(struct verify_case *c, struct verify_known_list *list);
/* A value differs; true if that is known: then it does not count. */
bool verify_known_take(struct verify_known_list *list, const char *file, const char *column);
/* Says what was met, and frees the list. */
void verify_known_report(const struct verify_case *c, struct verify_known_list *list);

/* ---- what is written ---- */

/* DIR/<case>/PATH, with its folders; NULL if nothing is to be written or the host failed. */
FILE *verify_create(struct verify_case *c, const char *path);
void verify_finish(struct verify_case *c, FILE *f);
#endif
