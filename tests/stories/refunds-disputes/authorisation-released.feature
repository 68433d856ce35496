Feature: Money is held and released

  Scenario: What was only held is neither cash nor a refund
    Given the Account "Royal Hotels"
    And the customer "Royal Hotels" with the e-mail address "desk@royal-hotels.example"
    When 300 USD are held on the card of "Royal Hotels"
    And a day passes
    Then there is no revenue entry
    When what is held on the card of "Royal Hotels" is released
    Then there is no revenue entry
    And the customer "Royal Hotels" shows:
      | Lifetime Value | 0.00 |
      | Refunded       | 0.00 |
