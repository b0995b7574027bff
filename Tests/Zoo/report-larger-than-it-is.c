/* Says that its report is larger than it is.
 * fails: exchange.reports
 */
#define ON_MODEL model.size = 1u << 30
#include "sound.h"
