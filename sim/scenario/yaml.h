/*
 * yaml.h - the tree of values in a YAML file, each with its place
 *
 * Nothing is interpreted here: a scalar is text.  What is refused: duplicate
 * keys, keys that are not scalars, a second document, an empty file, control
 * characters, anything but UTF-8, tags other than !include.  Understood: anchors and
 * aliases (an alias is the same node as its anchor), "<<:" with a mapping or
 * a list of mappings, and "!include file" (relative to the including file).
 *
 * Limits that keep a hostile file from costing time or memory: see YAML_MAX_*.
 */
#ifndef MMSIM_SCENARIO_YAML_H
#define MMSIM_SCENARIO_YAML_H

#include "sim/base/diag.h"
#include "sim/base/types.h"

#define YAML_MAX_FILE    (16u << 20) /* bytes of one file */
#define YAML_MAX_FILES   (64u << 20) /* bytes of a file and everything it includes */
#define YAML_MAX_DEPTH   64          /* nodes inside each other, aliases and includes followed */
#define YAML_MAX_SCALAR  4096        /* bytes */
#define YAML_MAX_NODES   1000000     /* keys and values, aliases counted as if written out */
#define YAML_MAX_INCLUDE 8           /* files inside each other, without the first */

enum yaml_kind {
	YAML_KIND_SCALAR,
	YAML_KIND_MAP,
	YAML_KIND_LIST,
};

/* A value.  Belongs to its document; an aliased node is shared, so nodes are not changed. */
struct yaml_node {
	enum yaml_kind kind;
	bool plain;       /* scalar: written without quotes, and not as a block of text */
	uint16_t height;  /* of the tree below: a scalar has 1; at most YAML_MAX_DEPTH */
	uint32_t nodes;   /* in the tree below, itself included, aliases written out */
	struct place at;  /* in the file that it is written in */
	const char *text; /* scalar: UTF-8, a zero byte behind it, none inside */
	size_t len;       /* scalar: bytes of text, at most YAML_MAX_SCALAR */
	size_t n;         /* map: pairs; list: items */
	const struct yaml_node **keys;  /* map: scalars, no two alike, in the order of the file */
	const struct yaml_node **items; /* map: the value of each key; list: the items */
};

struct yaml_doc;

/*
 * Reads a file; "-" is standard input.  What is wrong is added to d, and then the result is NULL.
 * The places of the nodes point into d, so the document is to be freed before d.
 */
struct yaml_doc *yaml_load(struct diag *d, const char *path);
/*
 * The same, but NULL only if the file has no whole tree: with keys that are given twice, which are
 * reported, it has one, and more can be found wrong in it.
 */
struct yaml_doc *yaml_load_anyhow(struct diag *d, const char *path);

/* The same for text in memory (copied); name stands for the file in messages and for !include. */
struct yaml_doc *yaml_parse_text(struct diag *d, const char *name, const char *text, size_t len);

/* The value of the whole document, never NULL. */
const struct yaml_node *yaml_root(const struct yaml_doc *doc);

/* NULL is allowed. */
void yaml_doc_free(struct yaml_doc *doc); /* yaml_free is a function of libyaml */

/* The value of a key; NULL if there is no such key or the node is not a map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* Whether the node is a scalar with exactly this text. */
bool yaml_is(const struct yaml_node *node, const char *text);

/* Whether nothing was written: "key:" and then the end of the line. */
bool yaml_is_empty(const struct yaml_node *node);

/* What a node is, for messages: "a mapping", "a list", "a value", "nothing". */
const char *yaml_describe(const struct yaml_node *node);
#endif
