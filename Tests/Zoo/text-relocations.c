/* Has to be written to where its code lies.
 * fails: file.relocations
 * flags: -Wl,-z,notext
 */
#include "sound.h"

__asm__(".text\n.globl zoo_far\n.hidden zoo_far\nzoo_far: .quad table_address_of_zoo\n.data\n.hidden table_address_of_zoo\ntable_address_of_zoo: .quad 0\n.text");
