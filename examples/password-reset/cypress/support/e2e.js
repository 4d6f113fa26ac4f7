import 'restante/cypress'
