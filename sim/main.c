/*
 * main.c - hands the models to the commands
 */
#include "models/registry.h"
#include "sim/cli/cli.h"

int main(int argc, char **argv)
{
	const struct cli cli = { personalities };

	return cli_main(&cli, argc, argv);
}
