/*
 * yaml_loader.h - a document while it is read, for yaml.c and yaml_map.c alone
 */
#ifndef MMSIM_SCENARIO_YAML_LOADER_H
#define MMSIM_SCENARIO_YAML_LOADER_H

#include "sim/base/arena.h"
#include "sim/scenario/names.h"
#include "sim/scenario/yaml.h"

struct yaml_doc {
	struct arena arena; /* owned; all nodes and their texts */
	const struct yaml_node *root;
};

/* One document with all the files that it includes. */
struct loader {
	struct diag *d;
	struct yaml_doc *doc;
	const struct yaml_node **pending; /* owned; children of maps and lists not ended */
	size_t nr_pending, cap_pending;
	struct names keys;    /* scratch: the keys of one map */
	uint64_t nodes;       /* so far, aliases written out */
	size_t bytes;         /* of files read so far */
	size_t errors_before; /* that d held when the document was begun */
	size_t nr_soft;       /* errors after which the tree is whole all the same */
};

/* Adds an error for each key of the map that it has already. */
void yaml_check_keys(struct loader *l, const struct yaml_node *map);

/* Replaces a key "<<" by the pairs that it stands for; keys of the map itself come first. */
void yaml_merge(struct loader *l, struct yaml_node *map);
#endif
