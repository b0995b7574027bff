/* Has a table that ends before its functions.
 * fails: table.size
 */
#define SIZE 64
#include "sound.h"
