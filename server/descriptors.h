/*
 * How many descriptors the daemon may have: as many as it is let
 */
#pragma once

/* The limit is raised as far as it goes; and set back, in a child that is to run
 * another program. */
void descriptors_raise(void);
void descriptors_restore(void);
