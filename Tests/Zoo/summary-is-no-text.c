/* Has a summary that is not UTF-8.
 * fails: table.text
 */
#define SUMMARY "caf\xe9"
#include "sound.h"
