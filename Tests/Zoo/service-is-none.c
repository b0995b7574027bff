/* Has a service type that DNS-SD does not know.
 * fails: table.services
 */
#define SERVICE "zoo"
#define NOTE "id=org.example.zoo\nversion=1.0.0\nabi=1.1\ntypes=zoo\noperations=identify,survey,chat\nports=4242\nservices=zoo\nlicence=MIT\nsummary=An animal of the zoo\n"
#include "sound.h"
