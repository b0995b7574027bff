/* Reports a model whose name is not UTF-8.
 * fails: exchange.reports
 */
#define ON_MODEL model.id = slice("caf\xe9")
#include "sound.h"
