#include "server/vm/range_rule.h"

static struct vm_range
whole_map(const struct vm_map *map)
{
	return (struct vm_range){ map->min, map->max };
}

/* GNU Mach's: whatever comes out, modulo 2^64. */
static bool
take_unchecked(const struct range_rule *rule, const struct vm_map *map,
    uint64_t address, uint64_t size, struct vm_range *range)
{
	vm_range_init(range, address, size, map->page_mask);
	if ((size == 0 && !rule->empty_is_page) || range->end <= range->start)
		return false;
	*range = vm_range_common(*range, whole_map(map));
	return range->end > range->start;
}

bool
range_rule_apply(const struct range_rule *rule, const struct vm_map *map,
    uint64_t address, uint64_t size, struct vm_range *range, kern_return_t *kr)
{
	struct vm_range inside;

	*kr = KERN_SUCCESS;
	if (rule->unchecked)
		return take_unchecked(rule, map, address, size, range);
	switch (vm_range_init(range, address, size, map->page_mask)) {
	case VM_RANGE_EMPTY:
		return false;
	case VM_RANGE_WRAPS:
		*kr = rule->wraps;
		return false;
	case VM_RANGE_ROUND_WRAPS:
		*kr = rule->round_wraps;
		return false;
	case VM_RANGE_OK:
		break;
	}
	inside = vm_range_common(*range, whole_map(map));
	if (!rule->clamps && vm_range_size(inside) < vm_range_size(*range)) {
		*kr = rule->beyond;
		return false;
	}
	*range = inside;
	return inside.end > inside.start;
}
