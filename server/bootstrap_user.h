/* Routines about names that are another service's: their table stands in
 * vmd_user.c. */
#pragma once

#include "server/request.h"

ROUTINE_DECLARED(vmd_look_up, VmdLookUp)
ROUTINE_DECLARED(vmd_name_set, VmdNameSet)
ROUTINE_DECLARED(vmd_name_remove, VmdNameRemove)
ROUTINE_DECLARED(vmd_names, VmdNames)
