/** Every object store there is. */

import { testObjectStore } from './object-store.ts'
import { openDirectory, openVersitygw } from './stores.ts'

testObjectStore('directory', openDirectory)
testObjectStore('versitygw', openVersitygw)
