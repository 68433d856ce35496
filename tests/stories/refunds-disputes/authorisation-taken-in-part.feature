Feature: Less is taken than was held

  Scenario: Only what was taken is cash
    Given the Account "Seattle Cranes"
    And the customer "Seattle Cranes" with the e-mail address "yard@seattle-cranes.example"
    When 300 USD are held on the card of "Seattle Cranes"
    And a day passes
    And 180 USD of what is held on the card of "Seattle Cranes" are taken
    And an admin links the customer "Seattle Cranes" to the Account "Seattle Cranes"
    Then the revenue entry is:
      | Kind   | Amount | Account        |
      | Charge | 180.00 | Seattle Cranes |
    And the Account "Seattle Cranes" shows:
      | Lifetime Value | 180.00 |
      | Refunded       | 0.00   |
