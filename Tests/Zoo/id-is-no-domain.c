/* Has an id that is no reverse domain.
 * fails: table.id
 */
#define ID "Zoo Driver!"
#define NOTE "id=Zoo Driver!\nversion=1.0.0\nabi=1.1\ntypes=zoo\noperations=identify,survey,chat\nports=4242\nservices=_zoo._tcp\nlicence=MIT\nsummary=An animal of the zoo\n"
#include "sound.h"
